/** All experiments of what the reader acts for. */
import type { ColumnDef } from '@tanstack/react-table';
import * as React from 'react';
import { RecordLink } from '../core/link';
import { RecordList } from '../core/list';
import { ILive, useLive } from '../core/live';
import { ViewHeader } from '../core/parts';
import { Empty, LiveView } from '../core/states';
import { Table } from '../core/table';
import type { Experiment } from '../core/types';
import { useWorkbench } from '../core/workbench';
import { ago } from '../core/words';

function useExperiments(): ILive<Experiment[]> {
  const { api } = useWorkbench();
  return useLive('experiments', () => api.get<Experiment[]>('experiments'), { interval: 15_000 });
}

function NoExperiments({ refresh }: { refresh(): void }): React.ReactElement {
  const { trans } = useWorkbench();
  return (
    <Empty
      title={trans.__('No experiments yet')}
      hint={trans.__(
        'Run %1 in a notebook, then train a model: it appears here.',
        'import mlflow; mlflow.autolog()'
      )}
      action={{ label: trans.__('Look again'), run: refresh }}
    />
  );
}

export function ExperimentSection(): React.ReactElement {
  const { trans, language } = useWorkbench();
  const live = useExperiments();
  return (
    <LiveView live={live} isEmpty={all => all.length === 0} empty={<NoExperiments refresh={live.refresh} />}>
      {all => (
        <RecordList
          label={trans.__('Experiments')}
          items={all.map(experiment => ({
            key: experiment.id,
            to: { room: 'experiments', id: experiment.id },
            title: experiment.name,
            detail: ago(experiment.updated ?? experiment.created, language)
          }))}
        />
      )}
    </LiveView>
  );
}

export function ExperimentList(): React.ReactElement {
  const { trans, language } = useWorkbench();
  const live = useExperiments();
  const columns = React.useMemo<ColumnDef<Experiment>[]>(
    () => [
      {
        accessorKey: 'name',
        header: trans.__('Name'),
        cell: ({ row }) => (
          <RecordLink stop to={{ room: 'experiments', id: row.original.id }} title={row.original.name}>
            {row.original.name}
          </RecordLink>
        )
      },
      {
        accessorKey: 'created',
        header: trans.__('Created'),
        cell: cell => ago(cell.getValue<string>(), language)
      },
      {
        accessorKey: 'updated',
        header: trans.__('Updated'),
        cell: cell => ago(cell.getValue<string>(), language)
      }
    ],
    [trans, language]
  );
  return (
    <div className="nb-view">
      <ViewHeader title={trans.__('Experiments')} />
      <LiveView
        live={live}
        isEmpty={all => all.length === 0}
        empty={<NoExperiments refresh={live.refresh} />}
      >
        {all => <Table label={trans.__('Experiments')} rows={all} columns={columns} rowId={row => row.id} />}
      </LiveView>
    </div>
  );
}
