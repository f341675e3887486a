/** Which columns a table shows. */
import type { VisibilityState } from '@tanstack/react-table';
import * as React from 'react';
import { useWorkbench } from '../core/workbench';
import { METRIC, PARAM } from './columns';

interface IChooserProps {
  ids: string[];
  visibility: VisibilityState;
  onChange(visibility: VisibilityState): void;
}

export function ColumnChooser({ ids, visibility, onChange }: IChooserProps): React.ReactElement {
  const { trans } = useWorkbench();
  const group = (title: string, prefix: string): React.ReactNode => {
    const mine = ids.filter(id => id.startsWith(prefix));
    return mine.length === 0 ? null : (
      <fieldset>
        <legend>{title}</legend>
        {mine.map(id => (
          <label key={id}>
            <input
              type="checkbox"
              checked={visibility[id] !== false}
              onChange={event => onChange({ ...visibility, [id]: event.target.checked })}
            />
            {id.slice(prefix.length)}
          </label>
        ))}
      </fieldset>
    );
  };
  return (
    <details className="nb-chooser">
      <summary className="nb-button">{trans.__('Columns')}</summary>
      <div className="nb-chooser-body">
        {group(trans.__('Metrics'), METRIC)}
        {group(trans.__('Parameters'), PARAM)}
        {ids.length === 0 && <p>{trans.__('No run has metrics or parameters yet.')}</p>}
      </div>
    </details>
  );
}
