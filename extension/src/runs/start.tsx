/** "Run as notebook run…": once, now, independently of any session. */
import * as React from 'react';
import { useAction } from '../core/action';
import { ask, Buttons, IDialogProps } from '../core/dialog';
import { Trouble } from '../core/states';
import type { Run } from '../core/types';
import { IWorkbench, useWorkbench } from '../core/workbench';
import { ChoiceFields, IStart, startOf, useChoice, useValues } from './choice';

/** Arguments: `notebook`, `parameters`, `image`, `profile`, all optional. Opens the run. */
export async function runNotebook(workbench: IWorkbench, args: Record<string, unknown>): Promise<void> {
  const start = startOf(args);
  const run = await ask<Run>(workbench, workbench.trans.__('Run a notebook'), props => (
    <RunForm {...props} start={start} />
  ));
  if (run) {
    workbench.open({ room: 'runs', id: run.id });
  }
}

function RunForm({ start, done, cancel }: IDialogProps<Run> & { start: IStart }): React.ReactElement {
  const { api, trans } = useWorkbench();
  const action = useAction();
  const state = useChoice(start);
  const toValues = useValues();
  const submit = async (): Promise<void> => {
    const { notebook, place } = state.choice;
    let run: Run | undefined;
    const work = async (): Promise<void> => {
      run = await api.write<Run>('POST', 'runs', { notebook, parameters: toValues(state.choice), ...place });
    };
    if (await action.run(work)) {
      done(run as Run);
    }
  };
  return (
    <form
      className="nb-form"
      onSubmit={event => {
        event.preventDefault();
        void submit();
      }}
    >
      <ChoiceFields state={state} fixed={start.notebook !== ''} problem={action.problem} />
      {action.problem && <Trouble problem={action.problem} line />}
      <Buttons
        verb={trans.__('Run it')}
        cancel={cancel}
        busy={action.busy}
        disabled={!state.ready || !state.choice.notebook}
      />
    </form>
  );
}
