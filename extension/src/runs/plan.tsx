/** "Schedule…": run a notebook at fire times. */
import * as React from 'react';
import { useAction } from '../core/action';
import { at } from '../core/api';
import { ask, Buttons, IDialogProps } from '../core/dialog';
import { TextField } from '../core/form';
import { Trouble } from '../core/states';
import type { Schedule } from '../core/types';
import { IWorkbench, useWorkbench } from '../core/workbench';
import { ChoiceFields, IStart, startOf, useChoice, useValues } from './choice';
import { ITiming, ownTimezone, TimingFields } from './cron';
import { stem } from './state';

/** Arguments as for a run, or `schedule`, the record to change. Opens the schedule. */
export async function scheduleNotebook(workbench: IWorkbench, args: Record<string, unknown>): Promise<void> {
  const known = args.schedule as Schedule | undefined;
  const start = startOf(known ? { ...known } : args);
  const title = known ? workbench.trans.__('Change the schedule') : workbench.trans.__('Schedule a notebook');
  const schedule = await ask<Schedule>(workbench, title, props => (
    <PlanForm {...props} start={start} known={known} />
  ));
  if (schedule) {
    workbench.open({ room: 'schedules', id: schedule.id });
  }
}

interface IFormProps extends IDialogProps<Schedule> {
  start: IStart;
  known: Schedule | undefined;
}

function PlanForm({ start, known, done, cancel }: IFormProps): React.ReactElement {
  const { api, trans } = useWorkbench();
  const action = useAction();
  const state = useChoice(start);
  const toValues = useValues();
  const [name, setName] = React.useState(known?.name ?? stem(start.notebook).replace(/\.ipynb$/, ''));
  const [timing, setTiming] = React.useState<ITiming>({
    cron: known?.cron ?? '0 6 * * *',
    timezone: known?.timezone ?? ownTimezone()
  });
  const submit = async (): Promise<void> => {
    let schedule: Schedule | undefined;
    const work = async (): Promise<void> => {
      const { notebook, place } = state.choice;
      const kept = known ? { timeout_seconds: known.timeout_seconds, paused: known.paused } : {};
      const request = { name, notebook, ...timing, parameters: toValues(state.choice), ...place, ...kept };
      schedule = await (known
        ? api.write<Schedule>('PUT', at('schedules', known.id), request)
        : api.write<Schedule>('POST', 'schedules', request));
    };
    if (await action.run(work)) {
      done(schedule as Schedule);
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
      <TextField
        label={trans.__('Name')}
        name="name"
        problem={action.problem}
        value={name}
        onChange={setName}
        required
        maxLength={120}
      />
      <TimingFields value={timing} onChange={setTiming} problem={action.problem} />
      <ChoiceFields state={state} fixed={start.notebook !== ''} problem={action.problem} />
      {action.problem && <Trouble problem={action.problem} line />}
      <Buttons
        verb={known ? trans.__('Save') : trans.__('Schedule it')}
        cancel={cancel}
        busy={action.busy}
        disabled={!state.ready || !state.choice.notebook || !name.trim()}
      />
    </form>
  );
}
