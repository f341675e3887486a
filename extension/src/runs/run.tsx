/** One notebook run: progress, the cell that failed, its output and log. */
import * as React from 'react';
import { useAction } from '../core/action';
import { at } from '../core/api';
import { confirm } from '../core/dialog';
import { RecordLink } from '../core/link';
import { useLive } from '../core/live';
import { Logs } from '../core/logs';
import { Facts, Section, Tabs, ViewHeader } from '../core/parts';
import { ChangeButton } from '../core/rights';
import { LiveView, Trouble } from '../core/states';
import type { Run } from '../core/types';
import { CommandIds, useWorkbench } from '../core/workbench';
import { dateTime, duration } from '../core/words';
import { ended, RunProgress, RunState, stem } from './state';

export function RunDetails({ id }: { id: string }): React.ReactElement {
  const { api } = useWorkbench();
  const [over, setOver] = React.useState(false);
  const live = useLive(`run:${id}`, () => api.get<Run>(at('runs', id)), { interval: over ? 15_000 : 2_000 });
  const isOver = live.data !== undefined && ended(live.data);
  React.useEffect(() => setOver(isOver), [isOver]);
  return (
    <div className="nb-view">
      <LiveView live={live}>{run => <Loaded run={run} refresh={live.refresh} />}</LiveView>
    </div>
  );
}

interface ILoadedProps {
  run: Run;
  refresh(): void;
}

function Loaded({ run, refresh }: ILoadedProps): React.ReactElement {
  const { trans } = useWorkbench();
  return (
    <>
      <Head run={run} refresh={refresh} />
      <div role="status" className="nb-bar">
        <RunProgress run={run} />
        {run.reason && <span>{run.reason}</span>}
      </div>
      {run.failure && <FailedCell failure={run.failure} />}
      <Tabs
        label={trans.__('Details')}
        tabs={[
          { id: 'facts', label: trans.__('Details'), render: () => <RunFacts run={run} /> },
          {
            id: 'logs',
            label: trans.__('Log'),
            render: () => <Logs path={`${at('runs', run.id)}/logs`} live={!ended(run)} />
          }
        ]}
      />
    </>
  );
}

function Head({ run, refresh }: ILoadedProps): React.ReactElement {
  const workbench = useWorkbench();
  const { api, trans } = workbench;
  const action = useAction();
  const cancel = async (): Promise<void> => {
    const text = trans.__('The cell that runs now is interrupted. What was written so far stays.');
    const title = trans.__('Cancel this notebook run?');
    if (await confirm(workbench, title, text, trans.__('Cancel the run'))) {
      await action.run(() => api.write('POST', `${at('runs', run.id)}/cancel`));
      refresh();
    }
  };
  const again = {
    notebook: run.notebook,
    parameters: run.parameters,
    image: run.image,
    profile: run.profile
  };
  return (
    <>
      <ViewHeader
        title={stem(run.notebook)}
        record={{ room: 'runs', id: run.id }}
        state={<RunState run={run} />}
      >
        <OutputButton run={run} />
        {ended(run) ? (
          <ChangeButton
            className="nb-button"
            onClick={() => void workbench.execute(CommandIds.runNotebook, again)}
          >
            {trans.__('Run again…')}
          </ChangeButton>
        ) : (
          <ChangeButton className="nb-button nb-danger" disabled={action.busy} onClick={() => void cancel()}>
            {trans.__('Cancel the run…')}
          </ChangeButton>
        )}
      </ViewHeader>
      {action.problem && <Trouble problem={action.problem} line />}
    </>
  );
}

function OutputButton({ run }: { run: Run }): React.ReactElement | null {
  const { api, trans, openFile } = useWorkbench();
  if (!run.output) {
    return null;
  }
  return openFile ? (
    <button type="button" className="nb-button nb-primary" onClick={() => openFile(run.output)}>
      {trans.__('Open the output notebook')}
    </button>
  ) : (
    <a
      className="nb-button nb-primary"
      href={api.address(`${at('runs', run.id)}/output`)}
      download={stem(run.output)}
    >
      {trans.__('Download the output notebook')}
    </a>
  );
}

function FailedCell({ failure }: { failure: NonNullable<Run['failure']> }): React.ReactElement {
  const { trans } = useWorkbench();
  return (
    <Section title={trans.__('Cell %1 failed', failure.index + 1)}>
      <div className="nb-failure">
        <pre tabIndex={0}>{failure.source}</pre>
        <p role="alert">
          <strong>{failure.error}</strong>: {failure.message}
        </p>
        {failure.traceback.length > 0 && (
          <details>
            <summary>{trans.__('Traceback')}</summary>
            <pre tabIndex={0}>{failure.traceback.join('\n')}</pre>
          </details>
        )}
      </div>
    </Section>
  );
}

function RunFacts({ run }: { run: Run }): React.ReactElement {
  const { trans, language, openFile } = useWorkbench();
  const parameters = Object.entries(run.parameters).map(
    ([name, value]) => [name, JSON.stringify(value)] as [string, string]
  );
  return (
    <>
      <Facts
        facts={[
          [
            trans.__('Notebook'),
            openFile ? (
              <button type="button" key="notebook" className="nb-link" onClick={() => openFile(run.notebook)}>
                {run.notebook}
              </button>
            ) : (
              run.notebook
            )
          ],
          [trans.__('Output notebook'), run.output],
          [trans.__('User'), run.user],
          [trans.__('Acting for'), run.acting_for === 'personal' ? trans.__('Personal') : run.acting_for],
          [
            trans.__('Schedule'),
            run.schedule && (
              <RecordLink key="schedule" to={{ room: 'schedules', id: run.schedule }}>
                {run.schedule}
              </RecordLink>
            )
          ],
          [trans.__('Fire time'), dateTime(run.fire_time, language)],
          [trans.__('Started'), dateTime(run.started, language)],
          [trans.__('Ended'), dateTime(run.ended, language)],
          [trans.__('Duration'), duration(run.started, run.ended)],
          [trans.__('Attempt'), String(run.attempt)],
          [trans.__('Image'), `${run.image} ${run.version}`],
          [trans.__('Identity'), <code key="identity">{run.identity}</code>],
          [trans.__('Hardware profile'), run.profile],
          [trans.__('Added packages'), run.added.map(item => `${item.name} ${item.version}`).join(', ')],
          [trans.__('MLflow runs'), <MlflowLinks key="mlflow" runs={run.mlflow_runs} />]
        ]}
      />
      <Section title={trans.__('Parameters')}>
        {parameters.length > 0 ? (
          <Facts facts={parameters} />
        ) : (
          <p className="nb-hint">{trans.__('The notebook’s own values.')}</p>
        )}
      </Section>
    </>
  );
}

function MlflowLinks({ runs }: { runs: string[] }): React.ReactElement {
  return runs.length === 0 ? (
    <>–</>
  ) : (
    <ul className="nb-plain">
      {runs.map(run => (
        <li key={run}>
          <RecordLink to={{ room: 'mlflow-runs', id: run }}>{run}</RecordLink>
        </li>
      ))}
    </ul>
  );
}
