/** All deployments of what the reader acts for. */
import type { ColumnDef } from '@tanstack/react-table';
import * as React from 'react';
import { RecordLink } from '../core/link';
import { RecordList } from '../core/list';
import { ILive, useLive } from '../core/live';
import { ViewHeader } from '../core/parts';
import { Empty, LiveView } from '../core/states';
import { Table } from '../core/table';
import type { Deployment } from '../core/types';
import { useWorkbench } from '../core/workbench';
import { ago } from '../core/words';
import { DeploymentState } from './state';

function useDeployments(): ILive<Deployment[]> {
  const { api } = useWorkbench();
  return useLive('deployments', () => api.get<Deployment[]>('deployments'), { interval: 5_000 });
}

function NoDeployments(): React.ReactElement {
  const { trans, open } = useWorkbench();
  return (
    <Empty
      title={trans.__('No deployments yet')}
      hint={trans.__('Open a registered model and deploy one of its versions.')}
      action={{ label: trans.__('Go to models'), run: () => open({ room: 'models' }) }}
    />
  );
}

export function DeploymentSection(): React.ReactElement {
  const { trans } = useWorkbench();
  const live = useDeployments();
  return (
    <LiveView live={live} isEmpty={all => all.length === 0} empty={<NoDeployments />}>
      {all => (
        <RecordList
          label={trans.__('Deployments')}
          items={all.map(deployment => ({
            key: deployment.id,
            to: { room: 'deployments', id: deployment.name },
            title: deployment.name,
            state: <DeploymentState deployment={deployment} />,
            detail: `${deployment.model} ${deployment.version}`
          }))}
        />
      )}
    </LiveView>
  );
}

export function DeploymentTable(): React.ReactElement {
  const { trans, language } = useWorkbench();
  const live = useDeployments();
  const columns = React.useMemo<ColumnDef<Deployment>[]>(
    () => [
      {
        accessorKey: 'name',
        header: trans.__('Name'),
        cell: ({ row }) => (
          <RecordLink stop to={{ room: 'deployments', id: row.original.name }}>
            {row.original.name}
          </RecordLink>
        )
      },
      {
        accessorKey: 'observed',
        header: trans.__('State'),
        cell: ({ row }) => <DeploymentState deployment={row.original} />
      },
      {
        id: 'model',
        accessorFn: row => `${row.model} ${row.version}`,
        header: trans.__('Model version'),
        cell: ({ row }) => (
          <RecordLink to={{ room: 'models', id: row.original.model }}>
            {row.original.model} {row.original.version}
          </RecordLink>
        )
      },
      { accessorKey: 'user', header: trans.__('User') },
      {
        accessorKey: 'updated',
        header: trans.__('Updated'),
        cell: cell => ago(cell.getValue<string>(), language)
      },
      {
        accessorKey: 'reason',
        header: trans.__('Reason'),
        cell: ({ row }) => <span className="nb-wrap">{row.original.reason}</span>
      }
    ],
    [trans, language]
  );
  return (
    <div className="nb-view">
      <ViewHeader title={trans.__('Deployments')} />
      <LiveView live={live} isEmpty={all => all.length === 0} empty={<NoDeployments />}>
        {all => <Table label={trans.__('Deployments')} rows={all} columns={columns} rowId={row => row.id} />}
      </LiveView>
    </div>
  );
}
