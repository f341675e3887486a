/** A short list of records for the side bar: name, a state and one line below. */
import * as React from 'react';
import { useRovingFocus } from './focus';
import { RecordLink } from './link';
import type { ITarget } from './workbench';

export interface IListItem {
  key: string;
  to: ITarget;
  title: string;
  state?: React.ReactNode;
  detail?: React.ReactNode;
}

export function RecordList({ label, items }: { label: string; items: IListItem[] }): React.ReactElement {
  const roving = useRovingFocus<HTMLUListElement>();
  return (
    <ul className="nb-list" aria-label={label} {...roving}>
      {items.map(item => (
        <li key={item.key}>
          <RecordLink to={item.to} stop className="nb-list-item" title={item.title}>
            <span className="nb-list-title">{item.title}</span>
            {item.state}
            {item.detail && <span className="nb-list-detail">{item.detail}</span>}
          </RecordLink>
        </li>
      ))}
    </ul>
  );
}
