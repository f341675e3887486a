/** The four states that every view has: loading, empty, failing and filled. */
import * as React from 'react';
import type { ILive } from './live';
import { ChangeButton } from './rights';
import type { Problem } from './types';
import { useWorkbench } from './workbench';

export function Loading(): React.ReactElement {
  const { trans } = useWorkbench();
  return (
    <div className="nb-state nb-loading" role="status" aria-live="polite">
      <span className="nb-spinner" aria-hidden="true" />
      <span>{trans.__('Loading…')}</span>
    </div>
  );
}

interface IEmptyProps {
  title: string;
  /** What to do so that something appears here. */
  hint: string;
  /** `changes`: only editors and owners may do it. */
  action?: { label: string; run(): void; changes?: boolean };
}

export function Empty({ title, hint, action }: IEmptyProps): React.ReactElement {
  const Button = action?.changes ? ChangeButton : 'button';
  return (
    <div className="nb-state nb-empty" role="status">
      <strong>{title}</strong>
      <p>{hint}</p>
      {action && (
        <Button type="button" className="nb-button nb-primary" onClick={action.run}>
          {action.label}
        </Button>
      )}
    </div>
  );
}

interface ITroubleProps {
  problem: Problem;
  retry?(): void;
  /** A line above data that is still shown, instead of a whole view. */
  line?: boolean;
}

/** The problem's message, what to do next, and the code that leads an admin to the whole story. */
export function Trouble({ problem, retry, line }: ITroubleProps): React.ReactElement {
  const { trans } = useWorkbench();
  return (
    <div className={line ? 'nb-trouble nb-trouble-line' : 'nb-state nb-trouble'} role="alert">
      <strong>{problem.message}</strong>
      {problem.next_step && <p>{problem.next_step}</p>}
      <p className="nb-trouble-foot">
        {retry && (
          <button type="button" className="nb-button" onClick={retry}>
            {trans.__('Try again')}
          </button>
        )}
        {problem.reference && <small>{trans.__('Reference: %1', problem.reference)}</small>}
      </p>
    </div>
  );
}

interface ILiveViewProps<T> {
  live: ILive<T>;
  isEmpty?(data: T): boolean;
  empty?: React.ReactNode;
  children(data: T): React.ReactNode;
}

/** Chooses the state: old data stays while a newer answer fails, with a line that says so. */
export function LiveView<T>({ live, isEmpty, empty, children }: ILiveViewProps<T>): React.ReactElement {
  if (live.data === undefined) {
    return live.problem ? <Trouble problem={live.problem} retry={live.refresh} /> : <Loading />;
  }
  return (
    <>
      {live.problem && <Trouble problem={live.problem} retry={live.refresh} line />}
      {isEmpty?.(live.data) ? empty : children(live.data)}
    </>
  );
}
