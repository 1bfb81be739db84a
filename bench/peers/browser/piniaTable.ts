import { createPinia, defineStore } from 'pinia';
import { createApp, defineComponent, h, ref } from 'vue';
import { CELLS, listen, type Row } from './wire';

/** What most people write: a deep reactive array, a search and a mutation for each change, every row in the document. */
const useRows = defineStore('rows', () => {
  const rows = ref<Row[]>([]);
  function update(symbol: string, value: Omit<Row, 'symbol'>): void {
    const row = rows.value.find((one) => one.symbol === symbol);
    if (row) Object.assign(row, value);
    else rows.value.push({ symbol, ...value });
  }
  return { rows, update };
});

const Table = defineComponent(() => {
  const store = useRows();
  return () => h('table', [
    h('thead', h('tr', CELLS.map(({ head }) => h('th', head)))),
    h('tbody', store.rows.map((row) => h('tr', { key: row.symbol }, CELLS.map(({ text }) => h('td', text(row)))))),
  ]);
});

createApp(Table).use(createPinia()).mount('#app');
listen((updates) => {
  for (const { key, value } of updates) if (value) useRows().update(key, value);
});
