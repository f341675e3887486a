/** A table that sorts by its headers and moves by arrow keys; columns and state come from TanStack Table. */
import {
  ColumnDef,
  flexRender,
  getCoreRowModel,
  getSortedRowModel,
  OnChangeFn,
  RowData,
  RowSelectionState,
  SortingState,
  useReactTable,
  VisibilityState
} from '@tanstack/react-table';
import * as React from 'react';
import { useRovingFocus } from './focus';

interface ITableProps<T extends RowData> {
  label: string;
  rows: T[];
  columns: ColumnDef<T>[];
  rowId(row: T): string;
  /** Where somebody else keeps what is sorted by; with `manual`, the rows come sorted. */
  order?: { sorting: SortingState; onSorting(sorting: SortingState): void; manual: boolean };
  visibility?: VisibilityState;
  selection?: RowSelectionState;
  onSelection?: OnChangeFn<RowSelectionState>;
}

const ARIA_SORT = { asc: 'ascending', desc: 'descending' } as const;
const MARKS = { asc: '▲', desc: '▼' } as const;

export function Table<T extends RowData>(props: ITableProps<T>): React.ReactElement {
  const [own, setOwn] = React.useState<SortingState>([]);
  const sorting = props.order?.sorting ?? own;
  const sort: OnChangeFn<SortingState> = change => {
    const next = typeof change === 'function' ? change(sorting) : change;
    (props.order?.onSorting ?? setOwn)(next);
  };
  const roving = useRovingFocus<HTMLTableSectionElement>();
  const table = useReactTable({
    data: props.rows,
    columns: props.columns,
    state: {
      sorting,
      columnVisibility: props.visibility ?? {},
      rowSelection: props.selection ?? {}
    },
    getRowId: props.rowId,
    enableRowSelection: props.onSelection !== undefined,
    onRowSelectionChange: props.onSelection,
    onSortingChange: sort,
    manualSorting: props.order?.manual ?? false,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel()
  });
  return (
    <div className="nb-table-frame" role="group" aria-label={props.label} tabIndex={0}>
      <table className="nb-table" aria-label={props.label}>
        <thead>
          {table.getHeaderGroups().map(group => (
            <tr key={group.id}>
              {group.headers.map(header => {
                const sorted = header.column.getIsSorted();
                const text = flexRender(header.column.columnDef.header, header.getContext());
                return (
                  <th key={header.id} scope="col" aria-sort={sorted ? ARIA_SORT[sorted] : undefined}>
                    {header.column.getCanSort() ? (
                      <button type="button" onClick={header.column.getToggleSortingHandler()}>
                        {text} <span aria-hidden="true">{sorted ? MARKS[sorted] : ''}</span>
                      </button>
                    ) : (
                      text
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody {...roving}>
          {table.getRowModel().rows.map(row => (
            <tr key={row.id} aria-selected={props.onSelection ? row.getIsSelected() : undefined}>
              {row.getVisibleCells().map(cell => (
                <td key={cell.id}>{flexRender(cell.column.columnDef.cell, cell.getContext())}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
