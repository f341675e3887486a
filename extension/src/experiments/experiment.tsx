/** One experiment: its runs, filtered by MLflow, sorted and searched here. */
import type { RowSelectionState, SortingState, VisibilityState } from '@tanstack/react-table';
import * as React from 'react';
import { at, IPages, PAGE } from '../core/api';
import { ViewHeader } from '../core/parts';
import { useLive } from '../core/live';
import { Empty, LiveView } from '../core/states';
import { Table } from '../core/table';
import type { Experiment, MlflowRun } from '../core/types';
import { useWorkbench } from '../core/workbench';
import { ColumnChooser } from './chooser';
import { dataColumns, firstVisibility, orderBy, runColumns } from './columns';

const COMPARED_AT_MOST = 20;

function matches(run: MlflowRun, text: string): boolean {
  const words = [run.name, run.id, run.status, run.origin.user, ...Object.values(run.params)];
  return words.some(word => word.toLowerCase().includes(text.toLowerCase()));
}

export function ExperimentDetails({ id }: { id: string }): React.ReactElement {
  const { api, trans } = useWorkbench();
  const [filter, setFilter] = React.useState('');
  const [limit, setLimit] = React.useState(PAGE);
  const [sorting, setSorting] = React.useState<SortingState>([]);
  const [whole, setWhole] = React.useState(true);
  const order = whole ? '' : orderBy(sorting);
  const experiment = useLive(`experiment:${id}`, () => api.get<Experiment>(at('experiments', id)), {
    interval: 60_000
  });
  const runs = useLive(
    `runs:${id}:${filter}:${limit}:${order}`,
    () => {
      const query = { filter, order_by: order };
      return api.pages<'runs', MlflowRun>(`${at('experiments', id)}/runs`, 'runs', limit, query);
    },
    { interval: 8_000, keep: true }
  );
  const complete = !runs.data?.next;
  React.useEffect(() => setWhole(complete), [complete]);
  return (
    <div className="nb-view">
      <ViewHeader
        title={experiment.data?.name ?? trans.__('Experiment')}
        record={{ room: 'experiments', id }}
      />
      <FilterBox filter={filter} onFilter={setFilter} />
      <LiveView
        live={runs}
        isEmpty={list => list.all.length === 0}
        empty={<NoRuns filter={filter} clear={() => setFilter('')} refresh={runs.refresh} />}
      >
        {list => (
          <Runs list={list} more={() => setLimit(limit + PAGE)} sorting={sorting} onSorting={setSorting} />
        )}
      </LiveView>
    </div>
  );
}

interface INoRunsProps {
  filter: string;
  clear(): void;
  refresh(): void;
}

function NoRuns({ filter, clear, refresh }: INoRunsProps): React.ReactElement {
  const { trans } = useWorkbench();
  return filter ? (
    <Empty
      title={trans.__('No run matches the filter')}
      hint={trans.__('Change the filter, or remove it to see all runs.')}
      action={{ label: trans.__('Remove the filter'), run: clear }}
    />
  ) : (
    <Empty
      title={trans.__('No runs yet')}
      hint={trans.__(
        'Run %1 in a notebook, then train a model: it appears here.',
        'import mlflow; mlflow.autolog()'
      )}
      action={{ label: trans.__('Look again'), run: refresh }}
    />
  );
}

function FilterBox({
  filter,
  onFilter
}: {
  filter: string;
  onFilter(filter: string): void;
}): React.ReactElement {
  const { trans } = useWorkbench();
  const [text, setText] = React.useState(filter);
  React.useEffect(() => setText(filter), [filter]);
  return (
    <form
      className="nb-bar"
      role="search"
      onSubmit={event => {
        event.preventDefault();
        onFilter(text.trim());
      }}
    >
      <input
        type="search"
        className="nb-input nb-grow"
        aria-label={trans.__('Filter in MLflow’s syntax')}
        placeholder="metrics.accuracy > 0.9 and params.depth = '3'"
        value={text}
        onChange={event => setText(event.target.value)}
      />
      <button type="submit" className="nb-button">
        {trans.__('Filter')}
      </button>
    </form>
  );
}

interface IRunsProps {
  list: IPages<MlflowRun>;
  more(): void;
  sorting: SortingState;
  onSorting(sorting: SortingState): void;
}

function Runs({ list, more, sorting, onSorting }: IRunsProps): React.ReactElement {
  const { trans, language, open } = useWorkbench();
  const [quick, setQuick] = React.useState('');
  const [chosen, setChosen] = React.useState<VisibilityState>({});
  const [selection, setSelection] = React.useState<RowSelectionState>({});
  const ids = dataColumns(list.all);
  const idKey = ids.join('\n');
  const columns = React.useMemo(() => runColumns(ids, trans, language), [idKey, trans, language]);
  const visibility = React.useMemo(() => ({ ...firstVisibility(ids, list.all), ...chosen }), [idKey, chosen]);
  const shown = quick ? list.all.filter(run => matches(run, quick)) : list.all;
  const selected = list.all.filter(run => selection[run.id]).map(run => run.id);
  return (
    <>
      <div className="nb-bar">
        <input
          type="search"
          className="nb-input nb-grow"
          aria-label={trans.__('Search the runs shown')}
          placeholder={trans.__('Search the runs shown')}
          value={quick}
          onChange={event => setQuick(event.target.value)}
        />
        <ColumnChooser ids={ids} visibility={visibility} onChange={setChosen} />
        <button
          type="button"
          className="nb-button"
          disabled={selected.length < 2 || selected.length > COMPARED_AT_MOST}
          onClick={() => open({ room: 'compare', id: selected.join(',') })}
        >
          {trans.__('Compare selected')} ({selected.length})
        </button>
      </div>
      <p className="nb-hint" role="status">
        {trans._n('%1 run', '%1 runs', shown.length, shown.length)}
      </p>
      <Table
        label={trans.__('Runs')}
        rows={shown}
        columns={columns}
        rowId={row => row.id}
        visibility={visibility}
        order={{ sorting, onSorting, manual: list.next !== '' }}
        selection={selection}
        onSelection={setSelection}
      />
      {list.next && (
        <button type="button" className="nb-button" onClick={more}>
          {trans.__('Show more')}
        </button>
      )}
    </>
  );
}
