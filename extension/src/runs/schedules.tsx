/** All schedules of what the reader acts for. */
import type { ColumnDef } from '@tanstack/react-table';
import * as React from 'react';
import { Badge } from '../core/badge';
import { RecordLink } from '../core/link';
import { useLive } from '../core/live';
import { ViewHeader } from '../core/parts';
import { ChangeButton } from '../core/rights';
import { Empty, LiveView } from '../core/states';
import { Table } from '../core/table';
import type { Schedule } from '../core/types';
import { CommandIds, useWorkbench } from '../core/workbench';
import { RunState, stem } from './state';

export function Paused({ schedule }: { schedule: Schedule }): React.ReactElement {
  const { trans } = useWorkbench();
  return schedule.paused ? (
    <Badge tone="warn">{trans.__('Paused')}</Badge>
  ) : (
    <Badge tone="good">{trans.__('Active')}</Badge>
  );
}

export function ScheduleTable(): React.ReactElement {
  const { api, trans, execute } = useWorkbench();
  const live = useLive('schedules', () => api.get<Schedule[]>('schedules'), { interval: 10_000 });
  const create = (): void => void execute(CommandIds.schedule, {});
  const columns = React.useMemo<ColumnDef<Schedule>[]>(
    () => [
      {
        accessorKey: 'name',
        header: trans.__('Name'),
        cell: ({ row }) => (
          <RecordLink stop to={{ room: 'schedules', id: row.original.id }}>
            {row.original.name}
          </RecordLink>
        )
      },
      {
        accessorKey: 'paused',
        header: trans.__('State'),
        cell: ({ row }) => <Paused schedule={row.original} />
      },
      {
        accessorKey: 'notebook',
        header: trans.__('Notebook'),
        cell: ({ row }) => <span title={row.original.notebook}>{stem(row.original.notebook)}</span>
      },
      { accessorKey: 'words', header: trans.__('When') },
      {
        accessorKey: 'next_fire_time',
        header: trans.__('Next fire time'),
        cell: ({ row }) => (row.original.paused ? '–' : (row.original.next_fires[0] ?? '–'))
      },
      {
        id: 'last',
        header: trans.__('Last run'),
        accessorFn: schedule => schedule.last_run?.state ?? '',
        cell: ({ row }) =>
          row.original.last_run ? (
            <RecordLink to={{ room: 'runs', id: row.original.last_run.id }}>
              <RunState run={row.original.last_run} />
            </RecordLink>
          ) : (
            '–'
          )
      },
      { accessorKey: 'user', header: trans.__('User') }
    ],
    [trans]
  );
  return (
    <div className="nb-view">
      <ViewHeader title={trans.__('Schedules')}>
        <ChangeButton className="nb-button nb-primary" onClick={create}>
          {trans.__('Schedule a notebook…')}
        </ChangeButton>
      </ViewHeader>
      <LiveView
        live={live}
        isEmpty={all => all.length === 0}
        empty={
          <Empty
            title={trans.__('No schedules yet')}
            hint={trans.__(
              'A schedule runs a notebook at its fire times, also when your session is stopped.'
            )}
            action={{ label: trans.__('Schedule a notebook…'), run: create, changes: true }}
          />
        }
      >
        {all => <Table label={trans.__('Schedules')} rows={all} columns={columns} rowId={row => row.id} />}
      </LiveView>
    </div>
  );
}
