/** All registered models of what the reader acts for. */
import type { ColumnDef } from '@tanstack/react-table';
import * as React from 'react';
import { RecordLink } from '../core/link';
import { RecordList } from '../core/list';
import { ILive, useLive } from '../core/live';
import { ViewHeader } from '../core/parts';
import { Empty, LiveView } from '../core/states';
import { Table } from '../core/table';
import type { RegisteredModel } from '../core/types';
import { useWorkbench } from '../core/workbench';
import { ago } from '../core/words';

function useModels(): ILive<RegisteredModel[]> {
  const { api } = useWorkbench();
  return useLive('models', () => api.get<RegisteredModel[]>('models'), { interval: 15_000 });
}

function NoModels(): React.ReactElement {
  const { trans, open } = useWorkbench();
  return (
    <Empty
      title={trans.__('No models yet')}
      hint={trans.__('Open a run that logged a model and register it.')}
      action={{ label: trans.__('Go to experiments'), run: () => open({ room: 'experiments' }) }}
    />
  );
}

function aliases(model: RegisteredModel): string {
  return Object.entries(model.aliases)
    .map(([alias, version]) => `@${alias} → ${version}`)
    .join(', ');
}

export function ModelSection(): React.ReactElement {
  const { trans } = useWorkbench();
  const live = useModels();
  return (
    <LiveView live={live} isEmpty={all => all.length === 0} empty={<NoModels />}>
      {all => (
        <RecordList
          label={trans.__('Models')}
          items={all.map(model => ({
            key: model.name,
            to: { room: 'models', id: model.name },
            title: model.name,
            detail: [latest(model) && trans.__('version %1', latest(model)), aliases(model)]
              .filter(Boolean)
              .join(' · ')
          }))}
        />
      )}
    </LiveView>
  );
}

function latest(model: RegisteredModel): string {
  return model.versions[0]?.version ?? '';
}

export function ModelTable(): React.ReactElement {
  const { trans, language } = useWorkbench();
  const live = useModels();
  const columns = React.useMemo<ColumnDef<RegisteredModel>[]>(
    () => [
      {
        accessorKey: 'name',
        header: trans.__('Name'),
        cell: ({ row }) => (
          <RecordLink stop to={{ room: 'models', id: row.original.name }}>
            {row.original.name}
          </RecordLink>
        )
      },
      { id: 'latest', accessorFn: latest, header: trans.__('Newest version') },
      { id: 'aliases', accessorFn: aliases, header: trans.__('Aliases') },
      {
        accessorKey: 'updated',
        header: trans.__('Updated'),
        cell: cell => ago(cell.getValue<string>(), language)
      },
      {
        accessorKey: 'description',
        header: trans.__('Description'),
        cell: ({ row }) => <span className="nb-wrap">{row.original.description}</span>
      }
    ],
    [trans, language]
  );
  return (
    <div className="nb-view">
      <ViewHeader title={trans.__('Models')} />
      <LiveView live={live} isEmpty={all => all.length === 0} empty={<NoModels />}>
        {all => <Table label={trans.__('Models')} rows={all} columns={columns} rowId={row => row.name} />}
      </LiveView>
    </div>
  );
}
