/** What fills the home, with a button to delete each; and why and how to leave the safe mode. */
import type { ColumnDef } from '@tanstack/react-table';
import * as React from 'react';
import { IAction, useAction } from '../core/action';
import { confirm } from '../core/dialog';
import { useLive } from '../core/live';
import { Section, ViewHeader } from '../core/parts';
import { Failure } from '../core/problem';
import { LiveView, Trouble } from '../core/states';
import { Table } from '../core/table';
import type { HomeContents, HomeEntry, HomeState, Removed } from '../core/types';
import { IWorkbench, useWorkbench } from '../core/workbench';
import { bytes, dateTime } from '../core/words';
import { figures } from './words';

const LOOK = 15_000;
const AGAIN = 1000;

/** Asks first; then the entry is gone for good. */
async function removed(workbench: IWorkbench, entry: HomeEntry): Promise<void> {
  const { api, trans } = workbench;
  const done = await api.act<Removed>('home/remove', { paths: [entry.path] });
  if (done.failed.length) {
    throw new Failure(
      {
        code: 'home-remove',
        message: trans.__('%1 could not be deleted as a whole.', entry.path),
        next_step: trans.__('Something in it may be in use or not yours; delete it in a terminal.'),
        field: '',
        reference: ''
      },
      200
    );
  }
}

function question(entry: HomeEntry, { trans, language }: IWorkbench): string {
  const size = bytes(entry.size, language);
  return entry.folder
    ? trans.__('The folder %1 with all in it (%2) is deleted for good; there is no trash.', entry.path, size)
    : trans.__('The file %1 (%2) is deleted for good; there is no trash.', entry.path, size);
}

interface IListProps {
  title: string;
  hint?: string;
  entries: HomeEntry[];
  action: IAction;
  again(): void;
}

function EntryList({ title, hint, entries, action, again }: IListProps): React.ReactElement | null {
  const workbench = useWorkbench();
  const { trans, language } = workbench;
  const ask = React.useCallback(
    async (entry: HomeEntry) => {
      const text = question(entry, workbench);
      if (await confirm(workbench, trans.__('Delete'), text, trans.__('Delete'))) {
        await action.run(() => removed(workbench, entry));
        again();
      }
    },
    [workbench, trans, action, again]
  );
  const columns = React.useMemo<ColumnDef<HomeEntry>[]>(
    () => [
      {
        accessorKey: 'path',
        header: trans.__('Name'),
        cell: ({ row }) => <span className="nb-wrap">{row.original.path}</span>
      },
      {
        accessorKey: 'size',
        header: trans.__('Size'),
        cell: cell => bytes(cell.getValue<number>(), language)
      },
      {
        accessorKey: 'modified',
        header: trans.__('Changed'),
        cell: cell => dateTime(cell.getValue<string>(), language)
      },
      {
        id: 'delete',
        header: '',
        enableSorting: false,
        cell: ({ row }) => (
          <button
            type="button"
            className="nb-button nb-small nb-danger"
            aria-label={trans.__('Delete %1', row.original.path)}
            disabled={action.busy}
            onClick={() => void ask(row.original)}
          >
            {trans.__('Delete…')}
          </button>
        )
      }
    ],
    [trans, language, action, ask]
  );
  if (entries.length === 0) {
    return null;
  }
  return (
    <Section title={title}>
      {hint && <p className="nb-hint">{hint}</p>}
      <Table label={title} rows={entries} columns={columns} rowId={row => row.path} />
    </Section>
  );
}

/** Waits until the session has begun anew, then loads the page again. */
async function restart({ api }: IWorkbench): Promise<void> {
  await api.act('home/restart');
  for (;;) {
    await new Promise(resolve => window.setTimeout(resolve, AGAIN));
    const state = await api.here<HomeState>('home').catch(() => undefined);
    if (state && !state.safe) {
      window.location.reload();
      return;
    }
  }
}

function Reason({ state, action }: { state: HomeState; action: IAction }): React.ReactElement | null {
  const workbench = useWorkbench();
  const { trans } = workbench;
  if (!state.safe) {
    if (state.level === 'ok') {
      return null;
    }
    return (
      <div className="nb-trouble nb-trouble-line" role="alert">
        <strong>
          {state.level === 'full' ? trans.__('Your home is full.') : trans.__('Your home is nearly full.')}
        </strong>
        <p>{trans.__('Delete what you do not need, before notebooks and runs cannot be saved any more.')}</p>
      </div>
    );
  }
  const full = state.level === 'full';
  return (
    <div className="nb-trouble nb-trouble-line" role="alert">
      <strong>
        {full
          ? trans.__('Your home was full, so this session runs in the safe mode.')
          : trans.__('There is room again. This session still runs in the safe mode.')}
      </strong>
      <p>
        {trans.__(
          'JupyterLab keeps its own files outside of your home: settings, layout and history of this session end with it. Your notebooks are where they were. Delete what you do not need, then restart normally.'
        )}
      </p>
      <p className="nb-trouble-foot">
        <button
          type="button"
          className="nb-button nb-primary"
          disabled={full || action.busy}
          aria-busy={action.busy}
          onClick={() => void action.run(() => restart(workbench))}
        >
          {trans.__('Restart normally')}
        </button>
        <small>
          {full
            ? trans.__('Possible when there is room again.')
            : trans.__('Kernels end; save your notebooks first.')}
        </small>
      </p>
    </div>
  );
}

export function HomeView(): React.ReactElement {
  const { api, trans, language } = useWorkbench();
  const state = useLive('home', () => api.here<HomeState>('home'), { interval: LOOK });
  const contents = useLive('home/largest', () => api.here<HomeContents>('home/largest'), { interval: 0 });
  const action = useAction();
  const again = React.useCallback(() => {
    state.refresh();
    contents.refresh();
  }, [state, contents]);
  const lists = { action, again };
  return (
    <div className="nb-view">
      <ViewHeader title={trans.__('Home')} />
      <LiveView live={state}>
        {home => (
          <>
            <Reason state={home} action={action} />
            <p>{figures(home, trans, language)}</p>
            {home.watch === 'measured' && (
              <p className="nb-hint">
                {trans.__('The size was agreed upon and is measured every few minutes; nothing enforces it.')}
              </p>
            )}
          </>
        )}
      </LiveView>
      {action.problem && <Trouble problem={action.problem} line />}
      <LiveView live={contents}>
        {found => (
          <>
            {!found.complete && (
              <p className="nb-hint">
                {trans.__(
                  'Looking took too long, so the sizes of folders are too small and files are missing.'
                )}
              </p>
            )}
            <EntryList
              title={trans.__('Can go without loss')}
              hint={trans.__('Caches, checkpoints and the trash.')}
              entries={found.folders.filter(entry => entry.cache)}
              {...lists}
            />
            <EntryList
              title={trans.__('Largest files')}
              entries={found.files.filter(entry => !entry.cache).slice(0, 25)}
              {...lists}
            />
            <EntryList
              title={trans.__('Largest folders')}
              entries={found.folders.filter(entry => !entry.cache).slice(0, 25)}
              {...lists}
            />
          </>
        )}
      </LiveView>
    </div>
  );
}
