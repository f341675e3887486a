/** A link to a record: opens it here, and is a real address for "copy link" and a new tab where there is one. */
import * as React from 'react';
import { ITarget, useWorkbench } from './workbench';

interface IRecordLinkProps {
  to: ITarget;
  children: React.ReactNode;
  className?: string;
  /** Takes part in arrow key movement of the list around it. */
  stop?: boolean;
  title?: string;
}

export function RecordLink({ to, children, className, stop, title }: IRecordLinkProps): React.ReactElement {
  const workbench = useWorkbench();
  const onClick = (event: React.MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) {
      return;
    }
    event.preventDefault();
    workbench.open(to);
  };
  const shared = {
    className: `nb-link ${className ?? ''}`,
    onClick,
    title,
    ...(stop ? { 'data-nb-stop': true } : {})
  };
  const href = workbench.href(to);
  return href ? (
    <a href={href} {...shared}>
      {children}
    </a>
  ) : (
    <button type="button" {...shared}>
      {children}
    </button>
  );
}
