/** Several runs side by side: what differs first, then their metrics in shared charts. */
import * as React from 'react';
import { at } from '../core/api';
import { RecordLink } from '../core/link';
import { useLive } from '../core/live';
import { Section, ViewHeader } from '../core/parts';
import { LiveView } from '../core/states';
import type { MlflowRun } from '../core/types';
import { useWorkbench } from '../core/workbench';
import { value } from '../core/words';
import { MetricCharts } from './charts';

export function Comparison({ id }: { id: string }): React.ReactElement {
  const { api, trans } = useWorkbench();
  const live = useLive(
    `compare:${id}`,
    () => Promise.all(id.split(',').map(run => api.get<MlflowRun>(at('mlflow-runs', run)))),
    { interval: 10_000 }
  );
  return (
    <div className="nb-view">
      <ViewHeader title={trans.__('Compare runs')} record={{ room: 'compare', id }} />
      <LiveView live={live}>
        {runs => (
          <>
            <Side title={trans.__('Parameters')} runs={runs} of={run => run.params} />
            <Side title={trans.__('Metrics')} runs={runs} of={run => run.metrics} />
            <Section title={trans.__('Charts')}>
              <MetricCharts runs={runs} />
            </Section>
          </>
        )}
      </LiveView>
    </div>
  );
}

interface ISideProps {
  title: string;
  runs: MlflowRun[];
  of(run: MlflowRun): Record<string, number | string>;
}

function Side({ title, runs, of }: ISideProps): React.ReactElement {
  const { trans, language } = useWorkbench();
  const keys = [...new Set(runs.flatMap(run => Object.keys(of(run))))].sort();
  const differs = (key: string): boolean => new Set(runs.map(run => of(run)[key])).size > 1;
  const sorted = [...keys.filter(differs), ...keys.filter(key => !differs(key))];
  return (
    <Section title={title}>
      <div className="nb-table-frame" role="group" aria-label={title} tabIndex={0}>
        <table className="nb-table">
          <thead>
            <tr>
              <th scope="col">{trans.__('Name')}</th>
              {runs.map(run => (
                <th scope="col" key={run.id}>
                  <RecordLink to={{ room: 'mlflow-runs', id: run.id }}>{run.name || run.id}</RecordLink>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.map(key => (
              <tr key={key} className={differs(key) ? 'nb-differs' : ''}>
                <th scope="row">{key}</th>
                {runs.map(run => (
                  <td key={run.id}>{value(of(run)[key], language)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
