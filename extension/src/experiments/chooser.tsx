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

function within(node: Node | null, target: EventTarget | null): boolean {
  return node !== null && target instanceof Node && node.contains(target);
}

export function ColumnChooser({ ids, visibility, onChange }: IChooserProps): React.ReactElement {
  const { trans } = useWorkbench();
  const ref = React.useRef<HTMLDetailsElement>(null);
  React.useEffect(() => {
    const close = (event: Event): void => {
      const away =
        event instanceof KeyboardEvent ? event.key === 'Escape' : !within(ref.current, event.target);
      if (away && ref.current) {
        ref.current.open = false;
      }
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, []);
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
    <details className="nb-chooser" ref={ref}>
      <summary className="nb-button">{trans.__('Columns')}</summary>
      <div className="nb-chooser-body">
        {group(trans.__('Metrics'), METRIC)}
        {group(trans.__('Parameters'), PARAM)}
        {ids.length === 0 && <p>{trans.__('No run has metrics or parameters yet.')}</p>}
      </div>
    </details>
  );
}
