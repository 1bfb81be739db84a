import { CELLS, listen, type Row } from './wire';

/** What is used of AG Grid Community's global: its package is one of bench/ alone and may be absent, types included. */
declare const agGrid: {
  createGrid(element: HTMLElement, options: object): { applyTransactionAsync(change: { add?: Row[]; update?: Row[] }): void };
};

/** `?wait=MS`: how long changes are gathered for one redraw; its own default is 50. */
const wait = Number(new URL(location.href).searchParams.get('wait') ?? 50);
const api = agGrid.createGrid(document.querySelector<HTMLElement>('#app')!, {
  columnDefs: CELLS.map(({ head, text }) => ({ headerName: head, colId: head, valueGetter: ({ data }: { data: Row }) => text(data), enableCellChangeFlash: head === 'Last', width: head === 'Symbol' ? 160 : 120 })),
  rowData: [], rowHeight: 28, getRowId: ({ data }: { data: Row }) => data.symbol, asyncTransactionWaitMillis: wait, suppressColumnMoveAnimation: true,
});
const known = new Set<string>();
listen((updates) => {
  const [add, update]: [Row[], Row[]] = [[], []];
  for (const { key, value } of updates) {
    if (!value) continue;
    (known.has(key) ? update : add).push({ symbol: key, ...value });
    known.add(key);
  }
  api.applyTransactionAsync({ add, update });
});
