/** Something a button does: one at a time, with its problem kept until the next try. */
import * as React from 'react';
import { problemOf } from './problem';
import type { Problem } from './types';
import { useWorkbench } from './workbench';

export interface IAction {
  busy: boolean;
  problem: Problem | undefined;
  /** Runs `work`; true when it succeeded. */
  run(work: () => Promise<unknown>): Promise<boolean>;
  clear(): void;
}

export function useAction(): IAction {
  const workbench = useWorkbench();
  const [busy, setBusy] = React.useState(false);
  const [problem, setProblem] = React.useState<Problem>();
  const run = React.useCallback(
    async (work: () => Promise<unknown>) => {
      setBusy(true);
      setProblem(undefined);
      try {
        await work();
        workbench.changed();
        return true;
      } catch (thrown) {
        setProblem(problemOf(thrown, workbench.trans));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [workbench]
  );
  return { busy, problem, run, clear: () => setProblem(undefined) };
}
