/** The metric charts of one run or of several runs side by side. */
import * as React from 'react';
import { at } from '../core/api';
import { useLive } from '../core/live';
import { LiveView } from '../core/states';
import type { MetricHistory, MlflowRun } from '../core/types';
import { useWorkbench } from '../core/workbench';
import { value } from '../core/words';
import { Chart, ILine } from './chart';

const SHOWN_AT_FIRST = 6;

function line(label: string, history: MetricHistory): ILine {
  const points = history.points.filter(point => typeof point.value === 'number');
  return { label, points: points.map(point => ({ step: point.step, value: point.value as number })) };
}

interface IMetricProps {
  name: string;
  runs: MlflowRun[];
}

function Metric({ name, runs }: IMetricProps): React.ReactElement {
  const { api, language } = useWorkbench();
  const ids = runs.map(run => run.id).join();
  const running = runs.some(run => run.status === 'RUNNING');
  const ask = (): Promise<ILine[]> =>
    Promise.all(
      runs.map(async run =>
        line(
          runs.length > 1 ? run.name : name,
          await api.get<MetricHistory>(`${at('mlflow-runs', run.id)}/metrics/${encodeURIComponent(name)}`)
        )
      )
    );
  const live = useLive(`metric:${ids}:${name}`, ask, { interval: running ? 5_000 : 0 });
  return (
    <LiveView live={live}>
      {lines =>
        lines.some(each => each.points.length > 1) ? (
          <Chart title={name} lines={lines} />
        ) : (
          <figure className="nb-chart nb-single">
            <figcaption>{name}</figcaption>
            {runs.map(run => (
              <p key={run.id}>
                {runs.length > 1 && <small>{run.name}</small>}{' '}
                <strong>{value(run.metrics[name], language)}</strong>
              </p>
            ))}
          </figure>
        )
      }
    </LiveView>
  );
}

export function MetricCharts({ runs }: { runs: MlflowRun[] }): React.ReactElement {
  const { trans } = useWorkbench();
  const [all, setAll] = React.useState(false);
  const names = [...new Set(runs.flatMap(run => Object.keys(run.metrics)))].sort();
  if (names.length === 0) {
    return <p className="nb-hint">{trans.__('No metric has been logged.')}</p>;
  }
  const shown = all ? names : names.slice(0, SHOWN_AT_FIRST);
  return (
    <>
      <div className="nb-charts">
        {shown.map(name => (
          <Metric key={name} name={name} runs={runs.filter(run => name in run.metrics)} />
        ))}
      </div>
      {shown.length < names.length && (
        <button type="button" className="nb-button" onClick={() => setAll(true)}>
          {trans._n('Show %1 more', 'Show %1 more', names.length - shown.length, names.length - shown.length)}
        </button>
      )}
    </>
  );
}
