/** One MLflow run: charts, parameters, where it came from, artifacts, and the door to the registry. */
import * as React from 'react';
import { at } from '../core/api';
import { RecordLink } from '../core/link';
import { useLive } from '../core/live';
import { OriginFacts } from '../core/origin';
import { Facts, Section, Tabs, ViewHeader } from '../core/parts';
import { ChangeButton } from '../core/rights';
import { LiveView } from '../core/states';
import type { MlflowRun } from '../core/types';
import { CommandIds, useWorkbench } from '../core/workbench';
import { ago, dateTime, duration } from '../core/words';
import { Artifacts } from './artifacts';
import { MetricCharts } from './charts';
import { RunStatus } from './status';

export function RunDetails({ id }: { id: string }): React.ReactElement {
  const { api } = useWorkbench();
  const live = useLive(`mlflow-run:${id}`, () => api.get<MlflowRun>(at('mlflow-runs', id)), {
    interval: 8_000
  });
  return (
    <div className="nb-view">
      <LiveView live={live}>{run => <Loaded run={run} />}</LiveView>
    </div>
  );
}

function Loaded({ run }: { run: MlflowRun }): React.ReactElement {
  const { trans, language, execute } = useWorkbench();
  const register = (): void =>
    void execute(CommandIds.registerModel, { run: run.id, models: run.models.map(model => model.name) });
  return (
    <>
      <ViewHeader
        title={run.name || run.id}
        record={{ room: 'mlflow-runs', id: run.id }}
        state={<RunStatus status={run.status} />}
      >
        {run.models.length > 0 && (
          <ChangeButton className="nb-button nb-primary" onClick={register}>
            {trans.__('Register model…')}
          </ChangeButton>
        )}
      </ViewHeader>
      <p className="nb-hint">
        {[run.origin.notebook, run.origin.image, run.origin.user, ago(run.started, language)]
          .filter(Boolean)
          .join(' · ')}
      </p>
      <Tabs
        label={trans.__('Details')}
        tabs={[
          { id: 'metrics', label: trans.__('Metrics'), render: () => <MetricCharts runs={[run]} /> },
          { id: 'facts', label: trans.__('Parameters and origin'), render: () => <RunFacts run={run} /> },
          { id: 'artifacts', label: trans.__('Artifacts'), render: () => <Artifacts run={run.id} /> }
        ]}
      />
    </>
  );
}

function RunFacts({ run }: { run: MlflowRun }): React.ReactElement {
  const { trans, language } = useWorkbench();
  const tags = Object.entries(run.tags).filter(([key]) => !/^(mlflow|notebench)\./.test(key));
  return (
    <>
      <Section title={trans.__('Parameters')}>
        <Facts facts={Object.entries(run.params)} />
        {Object.keys(run.params).length === 0 && (
          <p className="nb-hint">{trans.__('No parameter has been logged.')}</p>
        )}
      </Section>
      <Section title={trans.__('Run')}>
        <Facts
          facts={[
            [
              trans.__('Experiment'),
              <RecordLink key="experiment" to={{ room: 'experiments', id: run.experiment }}>
                {run.experiment}
              </RecordLink>
            ],
            [trans.__('Id'), <code key="id">{run.id}</code>],
            [trans.__('Started'), dateTime(run.started, language)],
            [trans.__('Duration'), duration(run.started, run.ended)],
            [trans.__('Logged models'), run.models.map(model => model.name).join(', ')]
          ]}
        />
      </Section>
      <Section title={trans.__('Origin')}>
        <OriginFacts origin={run.origin} />
      </Section>
      {tags.length > 0 && (
        <Section title={trans.__('Tags')}>
          <Facts facts={tags} />
        </Section>
      )}
    </>
  );
}
