/** The runs table's columns: what every run has, then each metric and param that some run has. */
import type { ColumnDef, SortingState, VisibilityState } from '@tanstack/react-table';
import * as React from 'react';
import { RecordLink } from '../core/link';
import type { MlflowRun } from '../core/types';
import type { ITrans } from '../core/workbench';
import { ago, duration, value } from '../core/words';
import { RunStatus } from './status';

export const METRIC = 'metric:';
export const PARAM = 'param:';

/** So many metric and param columns are shown before the reader chooses. */
const SHOWN_AT_FIRST = 5;

function keys(runs: MlflowRun[], of: (run: MlflowRun) => object): string[] {
  return [...new Set(runs.flatMap(run => Object.keys(of(run))))].sort();
}

export function dataColumns(runs: MlflowRun[]): string[] {
  return [
    ...keys(runs, run => run.metrics).map(key => METRIC + key),
    ...keys(runs, run => run.params).map(key => PARAM + key)
  ];
}

/** How much a column tells: in how many runs it is, then whether it differs between them. */
function weight(id: string, runs: MlflowRun[]): number {
  const [prefix, from] = id.startsWith(METRIC) ? [METRIC, 'metrics' as const] : [PARAM, 'params' as const];
  const found = runs.map(run => run[from][id.slice(prefix.length)]).filter(value => value !== undefined);
  return found.length + (new Set(found).size > 1 ? runs.length : 0);
}

/** The metrics and params that tell most; the rest is a tick away. */
export function firstVisibility(ids: string[], runs: MlflowRun[]): VisibilityState {
  const weights = new Map(ids.map(id => [id, weight(id, runs)]));
  const few = (prefix: string): string[] =>
    ids
      .filter(id => id.startsWith(prefix))
      .sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0))
      .slice(0, SHOWN_AT_FIRST);
  const shown = new Set([...few(METRIC), ...few(PARAM)]);
  return Object.fromEntries(ids.map(id => [id, shown.has(id)]));
}

/** Numbers sort as numbers, also when MLflow keeps them as text. */
function comparable(raw: number | string | undefined): number | string | undefined {
  const number = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
  return Number.isNaN(number) ? raw : number;
}

const ATTRIBUTES: Record<string, string> = {
  name: 'attributes.run_name',
  status: 'attributes.status',
  started: 'attributes.start_time'
};

/** The first sorted column in MLflow's words, for where not all runs are here. */
export function orderBy(sorting: SortingState): string {
  const [first] = sorting;
  if (!first) {
    return '';
  }
  const quoted = (prefix: string): string => `\`${first.id.slice(prefix.length).replaceAll('`', '')}\``;
  const by = first.id.startsWith(METRIC)
    ? `metrics.${quoted(METRIC)}`
    : first.id.startsWith(PARAM)
      ? `params.${quoted(PARAM)}`
      : ATTRIBUTES[first.id];
  return by ? `${by} ${first.desc ? 'DESC' : 'ASC'}` : '';
}

function dataColumn(id: string, language: string): ColumnDef<MlflowRun> {
  const [prefix, from] = id.startsWith(METRIC) ? [METRIC, 'metrics' as const] : [PARAM, 'params' as const];
  const name = id.slice(prefix.length);
  return {
    id,
    header: name,
    accessorFn: run => comparable(run[from][name]),
    sortUndefined: 'last',
    sortDescFirst: from === 'metrics',
    cell: ({ row }) => <span className="nb-number">{value(row.original[from][name], language)}</span>
  };
}

function selectColumn(trans: ITrans): ColumnDef<MlflowRun> {
  return {
    id: 'select',
    header: () => <span className="nb-only-read">{trans.__('Select')}</span>,
    enableSorting: false,
    cell: ({ row }) => (
      <input
        type="checkbox"
        aria-label={trans.__('Select %1 for comparison', row.original.name)}
        checked={row.getIsSelected()}
        onChange={row.getToggleSelectedHandler()}
      />
    )
  };
}

export function runColumns(ids: string[], trans: ITrans, language: string): ColumnDef<MlflowRun>[] {
  return [
    selectColumn(trans),
    {
      id: 'name',
      accessorKey: 'name',
      header: trans.__('Run'),
      cell: ({ row }) => (
        <RecordLink stop to={{ room: 'mlflow-runs', id: row.original.id }} title={row.original.name}>
          {row.original.name || row.original.id}
        </RecordLink>
      )
    },
    {
      id: 'status',
      accessorKey: 'status',
      header: trans.__('State'),
      cell: ({ row }) => <RunStatus status={row.original.status} />
    },
    {
      id: 'started',
      accessorKey: 'started',
      header: trans.__('Started'),
      cell: ({ row }) => ago(row.original.started, language)
    },
    {
      id: 'duration',
      header: trans.__('Duration'),
      enableSorting: false,
      cell: ({ row }) => duration(row.original.started, row.original.ended)
    },
    { id: 'user', accessorFn: run => run.origin.user, header: trans.__('User'), enableSorting: false },
    ...ids.map(id => dataColumn(id, language))
  ];
}
