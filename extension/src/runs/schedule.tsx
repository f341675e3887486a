/** One schedule: what it does, when it fires next, its switches and its history. */
import * as React from 'react';
import { useAction } from '../core/action';
import { at } from '../core/api';
import { confirm } from '../core/dialog';
import { useLive } from '../core/live';
import { Facts, Section, ViewHeader } from '../core/parts';
import { ChangeButton } from '../core/rights';
import { LiveView, Trouble } from '../core/states';
import type { Run, Schedule, ScheduleRequest } from '../core/types';
import { CommandIds, useWorkbench } from '../core/workbench';
import { dateTime } from '../core/words';
import { FireTimes } from './cron';
import { RunHistory } from './list';
import { Paused } from './schedules';

export function ScheduleDetails({ id }: { id: string }): React.ReactElement {
  const { api } = useWorkbench();
  const live = useLive(`schedule:${id}`, () => api.get<Schedule>(at('schedules', id)), { interval: 10_000 });
  return (
    <div className="nb-view">
      <LiveView live={live}>{schedule => <Loaded schedule={schedule} refresh={live.refresh} />}</LiveView>
    </div>
  );
}

interface ILoadedProps {
  schedule: Schedule;
  refresh(): void;
}

/** The schedule as a request, to change one thing of it. */
function request(schedule: Schedule): ScheduleRequest {
  const { name, notebook, cron, timezone, parameters, image, profile, timeout_seconds, paused } = schedule;
  return { name, notebook, cron, timezone, parameters, image, profile, timeout_seconds, paused };
}

function Loaded({ schedule, refresh }: ILoadedProps): React.ReactElement {
  const { trans, language } = useWorkbench();
  const parameters = Object.entries(schedule.parameters).map(
    ([name, value]) => [name, JSON.stringify(value)] as [string, string]
  );
  return (
    <>
      <Head schedule={schedule} refresh={refresh} />
      <Section title={trans.__('When')}>
        {schedule.paused ? (
          <p>{trans.__('Paused: no fire time starts a run.')}</p>
        ) : (
          <FireTimes words={schedule.words} next_fires={schedule.next_fires} />
        )}
      </Section>
      <Section title={trans.__('What')}>
        <Facts
          facts={[
            [trans.__('Notebook'), schedule.notebook],
            [trans.__('Cron expression'), <code key="cron">{schedule.cron}</code>],
            [trans.__('Time zone'), schedule.timezone],
            [trans.__('User'), schedule.user],
            [
              trans.__('Acting for'),
              schedule.acting_for === 'personal' ? trans.__('Personal') : schedule.acting_for
            ],
            [trans.__('Image'), schedule.image],
            [trans.__('Hardware profile'), schedule.profile],
            [trans.__('Created'), dateTime(schedule.created, language)],
            ...parameters
          ]}
        />
      </Section>
      <Section title={trans.__('History')}>
        <RunHistory schedule={schedule.id} />
      </Section>
    </>
  );
}

function Head({ schedule, refresh }: ILoadedProps): React.ReactElement {
  const workbench = useWorkbench();
  const { api, trans } = workbench;
  const action = useAction();
  const route = at('schedules', schedule.id);
  const toggle = async (): Promise<void> => {
    await action.run(() => api.write('PUT', route, { ...request(schedule), paused: !schedule.paused }));
    refresh();
  };
  const runNow = async (): Promise<void> => {
    let run: Run | undefined;
    if (await action.run(async () => (run = await api.write<Run>('POST', `${route}/run`)))) {
      workbench.open({ room: 'runs', id: (run as Run).id });
    }
  };
  const remove = async (): Promise<void> => {
    const title = trans.__('Delete the schedule %1?', schedule.name);
    if (
      !(await confirm(workbench, title, trans.__('Its runs and their outputs stay.'), trans.__('Delete')))
    ) {
      return;
    }
    if (await action.run(() => api.write('DELETE', route))) {
      workbench.open({ room: 'schedules' });
    }
  };
  return (
    <>
      <ViewHeader
        title={schedule.name}
        record={{ room: 'schedules', id: schedule.id }}
        state={<Paused schedule={schedule} />}
      >
        <ChangeButton className="nb-button" disabled={action.busy} onClick={() => void runNow()}>
          {trans.__('Run now')}
        </ChangeButton>
        <ChangeButton className="nb-button" disabled={action.busy} onClick={() => void toggle()}>
          {schedule.paused ? trans.__('Resume') : trans.__('Pause')}
        </ChangeButton>
        <ChangeButton
          className="nb-button"
          onClick={() => void workbench.execute(CommandIds.schedule, { schedule })}
        >
          {trans.__('Change…')}
        </ChangeButton>
        <ChangeButton className="nb-button nb-danger" disabled={action.busy} onClick={() => void remove()}>
          {trans.__('Delete…')}
        </ChangeButton>
      </ViewHeader>
      {action.problem && <Trouble problem={action.problem} line />}
    </>
  );
}
