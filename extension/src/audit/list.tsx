/** Who did what to which thing, newest first, a page at a time, with filters that live in the address. */
import type { ColumnDef } from '@tanstack/react-table';
import * as React from 'react';
import { Field, SelectField, TextField } from '../core/form';
import { useLive } from '../core/live';
import { ViewHeader } from '../core/parts';
import { Empty, LiveView } from '../core/states';
import { Table } from '../core/table';
import type { AuditEntry, AuditPage } from '../core/types';
import { useWorkbench } from '../core/workbench';
import { dateTime } from '../core/words';
import { Changes } from './changes';
import { asked, fromAddress, IWanted, NOTHING, toAddress } from './wanted';

const SLOW = 15_000;
const QUIET = 400;

/** The filters, and the same a moment after the reader has stopped typing. */
function useWanted(thing: string): [IWanted, IWanted, (change: Partial<IWanted>) => void] {
  const inside = useWorkbench().openFile !== undefined; // JupyterLab's address is its own
  const [wanted, setWanted] = React.useState(() => {
    const said = inside ? NOTHING : fromAddress(window.location.search);
    return thing ? { ...said, thing } : said;
  });
  const [settled, setSettled] = React.useState(wanted);
  React.useEffect(() => {
    const timer = window.setTimeout(() => setSettled(wanted), QUIET);
    return () => window.clearTimeout(timer);
  }, [wanted]);
  React.useEffect(() => {
    if (!inside) {
      window.history.replaceState(null, '', toAddress(window.location.search, settled));
    }
  }, [inside, settled]);
  return [wanted, settled, change => setWanted(old => ({ ...old, ...change }))];
}

function useColumns(): ColumnDef<AuditEntry>[] {
  const { trans, language } = useWorkbench();
  return React.useMemo<ColumnDef<AuditEntry>[]>(
    () => [
      {
        accessorKey: 'moment',
        header: trans.__('When'),
        enableSorting: false,
        cell: cell => dateTime(cell.getValue<string>(), language)
      },
      {
        accessorKey: 'user',
        header: trans.__('Who'),
        enableSorting: false,
        cell: ({ row }) => row.original.user || '–'
      },
      {
        id: 'what',
        accessorFn: entry => entry.words || entry.action,
        header: trans.__('What'),
        enableSorting: false
      },
      {
        accessorKey: 'thing',
        header: trans.__('Thing'),
        enableSorting: false,
        cell: cell => <span className="nb-wrap">{cell.getValue<string>()}</span>
      },
      {
        id: 'concerns',
        accessorFn: entry => (entry.concerns === '*' ? trans.__('everybody') : entry.concerns),
        header: trans.__('Whom it concerns'),
        enableSorting: false
      },
      {
        id: 'for',
        accessorFn: entry => (entry.acting_for === 'personal' ? '' : entry.acting_for),
        header: trans.__('For'),
        enableSorting: false
      },
      {
        id: 'more',
        header: trans.__('More'),
        enableSorting: false,
        cell: ({ row }) => <Changes entry={row.original} />
      }
    ],
    [trans, language]
  );
}

/** An entry has no page of its own: an address with an id shows what was done to that thing. */
export function AuditTable({ id }: { id: string }): React.ReactElement {
  const { api, trans } = useWorkbench();
  const [wanted, settled, change] = useWanted(id);
  const [cursors, setCursors] = React.useState<string[]>([]);
  const filters = React.useMemo(() => asked(settled), [settled]);
  React.useEffect(() => setCursors([]), [filters]);
  const cursor = cursors.at(-1) ?? '';
  const live = useLive<AuditPage>(
    `audit:${JSON.stringify(filters)}:${cursor}`,
    () => api.get('audit', { ...filters, cursor, limit: 50 }),
    { interval: cursor ? 0 : SLOW, keep: true }
  );
  const columns = useColumns();
  const filtered = Object.keys(filters).length > 0;
  return (
    <div className="nb-view">
      <ViewHeader title={trans.__('Activity')}>
        <a className="nb-button" href={api.address('audit/export', filters)} download>
          {trans.__('Save as JSON lines')}
        </a>
      </ViewHeader>
      <p className="nb-hint">
        {trans.__(
          'Who did what: what you did, what was done to you and yours, and what belongs to your projects.'
        )}
      </p>
      <Filters wanted={wanted} actions={live.data?.actions ?? {}} change={change} />
      <LiveView
        live={live}
        isEmpty={page => page.entries.length === 0}
        empty={
          filtered ? (
            <Empty
              title={trans.__('Nothing fits these filters.')}
              hint={trans.__('Leave some of them empty.')}
              action={{ label: trans.__('Clear the filters'), run: () => change(NOTHING) }}
            />
          ) : (
            <Empty
              title={trans.__('Nothing was noted yet.')}
              hint={trans.__('What you and others do with your things will appear here.')}
              action={{ label: trans.__('Look again'), run: live.refresh }}
            />
          )
        }
      >
        {page => (
          <>
            <Table
              label={trans.__('Activity')}
              rows={page.entries}
              columns={columns}
              rowId={entry => String(entry.number)}
            />
            <p className="nb-pager">
              {cursors.length > 0 && (
                <button type="button" className="nb-button" onClick={() => setCursors([])}>
                  {trans.__('Newest entries')}
                </button>
              )}
              {page.next && (
                <button
                  type="button"
                  className="nb-button"
                  onClick={() => setCursors([...cursors, page.next])}
                >
                  {trans.__('Older entries')}
                </button>
              )}
            </p>
          </>
        )}
      </LiveView>
    </div>
  );
}

interface IFiltersProps {
  wanted: IWanted;
  actions: Record<string, string>;
  change(change: Partial<IWanted>): void;
}

function Filters({ wanted, actions, change }: IFiltersProps): React.ReactElement {
  const { trans } = useWorkbench();
  const known = Object.entries(actions)
    .map(([value, label]) => ({ value, label }))
    .sort((a, b) => a.label.localeCompare(b.label));
  if (wanted.what && !(wanted.what in actions)) {
    known.push({ value: wanted.what, label: wanted.what });
  }
  return (
    <form className="nb-filters" onSubmit={event => event.preventDefault()}>
      <TextField label={trans.__('Who did it')} value={wanted.who} onChange={who => change({ who })} />
      <TextField
        label={trans.__('Whom it concerns')}
        value={wanted.whom}
        onChange={whom => change({ whom })}
      />
      <SelectField
        label={trans.__('Action')}
        value={wanted.what}
        options={[{ value: '', label: trans.__('Any action') }, ...known]}
        onChange={what => change({ what })}
      />
      <TextField label={trans.__('Thing')} value={wanted.thing} onChange={thing => change({ thing })} />
      <Day label={trans.__('From day')} value={wanted.since} onChange={since => change({ since })} />
      <Day label={trans.__('Until day')} value={wanted.until} onChange={until => change({ until })} />
    </form>
  );
}

interface IDayProps {
  label: string;
  value: string;
  onChange(value: string): void;
}

function Day({ label, value, onChange }: IDayProps): React.ReactElement {
  return (
    <Field label={label}>
      {attributes => (
        <input
          {...attributes}
          type="date"
          className="nb-input"
          value={value}
          onChange={event => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
