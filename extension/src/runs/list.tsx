/** Notebook runs, newest first, with their live progress. */
import type { ColumnDef } from '@tanstack/react-table';
import * as React from 'react';
import { IPages, PAGE } from '../core/api';
import { RecordLink } from '../core/link';
import { RecordList } from '../core/list';
import { ILive, useLive } from '../core/live';
import { ViewHeader } from '../core/parts';
import { ChangeButton } from '../core/rights';
import { Empty, LiveView } from '../core/states';
import { Table } from '../core/table';
import type { Run } from '../core/types';
import { CommandIds, useWorkbench } from '../core/workbench';
import { ago, duration } from '../core/words';
import { RunProgress, RunState, stem } from './state';

const IN_SIDE_BAR = 20;
const FAST = 3_000;
const SLOW = 10_000;

function useRuns(limit: number, schedule = ''): ILive<IPages<Run>> {
  const { api } = useWorkbench();
  const [interval, setPace] = React.useState(SLOW);
  const live = useLive(
    `notebook-runs:${schedule}:${limit}`,
    () => api.pages<'runs', Run>('runs', 'runs', limit, { schedule }),
    { interval, keep: true }
  );
  const active = live.data?.all.some(run => ['queued', 'starting', 'running'].includes(run.state)) ?? false;
  React.useEffect(() => setPace(active ? FAST : SLOW), [active]);
  return live;
}

export function NoRuns(): React.ReactElement {
  const { trans, execute, openFile } = useWorkbench();
  return (
    <Empty
      title={trans.__('No notebook runs yet')}
      hint={
        openFile
          ? trans.__('Open a notebook and choose “Run as notebook run…” in its toolbar.')
          : trans.__('Run a notebook of yours without opening a session.')
      }
      action={{
        label: trans.__('Run a notebook…'),
        run: () => void execute(CommandIds.runNotebook, {}),
        changes: true
      }}
    />
  );
}

export function RunSection(): React.ReactElement {
  const { trans, language } = useWorkbench();
  const live = useRuns(IN_SIDE_BAR);
  return (
    <>
      <p className="nb-side-link">
        <RecordLink to={{ room: 'schedules' }}>{trans.__('Schedules')}</RecordLink>
      </p>
      <LiveView live={live} isEmpty={list => list.all.length === 0} empty={<NoRuns />}>
        {list => (
          <RecordList
            label={trans.__('Notebook runs')}
            items={list.all.map(run => ({
              key: run.id,
              to: { room: 'runs', id: run.id },
              title: stem(run.notebook),
              state: <RunState run={run} />,
              detail: (
                <>
                  {ago(run.started ?? run.created, language)} <RunProgress run={run} />
                </>
              )
            }))}
          />
        )}
      </LiveView>
    </>
  );
}

/** The runs of everything, or of one schedule. */
export function RunHistory({ schedule = '' }: { schedule?: string }): React.ReactElement {
  const { trans, language } = useWorkbench();
  const [limit, setLimit] = React.useState(PAGE);
  const live = useRuns(limit, schedule);
  const columns = React.useMemo<ColumnDef<Run>[]>(
    () => [
      {
        accessorKey: 'notebook',
        header: trans.__('Notebook'),
        cell: ({ row }) => (
          <RecordLink stop to={{ room: 'runs', id: row.original.id }} title={row.original.notebook}>
            {stem(row.original.notebook)}
          </RecordLink>
        )
      },
      {
        accessorKey: 'state',
        header: trans.__('State'),
        cell: ({ row }) => (
          <>
            <RunState run={row.original} /> <RunProgress run={row.original} />
          </>
        )
      },
      {
        id: 'started',
        accessorFn: run => run.started ?? run.created,
        header: trans.__('Started'),
        cell: cell => ago(cell.getValue<string>(), language)
      },
      {
        id: 'duration',
        accessorFn: run => (run.started ? Date.parse(run.ended ?? '') - Date.parse(run.started) : undefined),
        sortUndefined: 'last',
        header: trans.__('Duration'),
        cell: ({ row }) => duration(row.original.started, row.original.ended)
      },
      {
        id: 'image',
        accessorFn: run => `${run.image} ${run.version}`,
        header: trans.__('Image')
      },
      { accessorKey: 'user', header: trans.__('User') },
      {
        accessorKey: 'reason',
        header: trans.__('Reason'),
        cell: ({ row }) => <span className="nb-wrap">{row.original.reason}</span>
      }
    ],
    [trans, language]
  );
  return (
    <LiveView
      live={live}
      isEmpty={list => list.all.length === 0}
      empty={
        schedule ? (
          <p className="nb-hint">{trans.__('The first run starts at the next fire time.')}</p>
        ) : (
          <NoRuns />
        )
      }
    >
      {list => (
        <>
          <Table label={trans.__('Notebook runs')} rows={list.all} columns={columns} rowId={run => run.id} />
          {list.next && (
            <button type="button" className="nb-button" onClick={() => setLimit(limit + PAGE)}>
              {trans.__('Show more')}
            </button>
          )}
        </>
      )}
    </LiveView>
  );
}

export function RunTable(): React.ReactElement {
  const { trans, open, execute } = useWorkbench();
  return (
    <div className="nb-view">
      <ViewHeader title={trans.__('Notebook runs')}>
        <button type="button" className="nb-button" onClick={() => open({ room: 'schedules' })}>
          {trans.__('Schedules')}
        </button>
        <ChangeButton
          className="nb-button nb-primary"
          onClick={() => void execute(CommandIds.runNotebook, {})}
        >
          {trans.__('Run a notebook…')}
        </ChangeButton>
      </ViewHeader>
      <RunHistory />
    </div>
  );
}
