import * as v from 'valibot';
import { BOOK_SETTINGS_PART } from '@/stores/bookSettings';
import { CHART } from '@/stores/chart';
import { DRAWINGS } from '@/stores/drawings';
import { LAYOUT_PART, PRESETS } from '@/stores/layout';
import { panelsOf } from '@/stores/layoutTree';
import { SETTINGS_PART } from '@/stores/settings';
import { WATCHLISTS_PART } from '@/stores/watchlists';

const count = (n: number, one: string, many = `${one}s`): string => `${String(n)} ${n === 1 ? one : many}`;

/** What a part of a workspace holds, for somebody who decides whether to take it. */
export function partWords(name: string, value: unknown): string {
  switch (name) {
    case 'settings': {
      const { theme, palette, density, favourites, columns } = v.parse(SETTINGS_PART.schema, value);
      return `theme ${theme}, ${palette.replace('-', ' and ')}, ${density} rows, ${count(favourites.length, 'favourite')}, ${columns.length === 0 ? 'all columns' : count(columns.length, 'column')}`;
    }
    case 'watchlists': {
      const { lists } = v.parse(WATCHLISTS_PART.schema, value);
      return lists.length === 0 ? 'none' : lists.map((list) => `${list.name} (${String(list.symbols.length)})`).join(', ');
    }
    case 'layout': {
      const { preset, tree } = v.parse(LAYOUT_PART.schema, value);
      return `began as ${PRESETS[preset].title}, ${count(panelsOf(tree).length, 'panel')}`;
    }
    case 'chart': {
      const { interval, indicators } = v.parse(CHART.schema, value);
      return `${interval} candles, ${count(indicators.length, 'indicator')}`;
    }
    case 'drawings': {
      const { byKey } = v.parse(DRAWINGS.schema, value);
      const sheets = Object.values(byKey).filter((list) => list.length > 0);
      return sheets.length === 0 ? 'none' : `${count(sheets.reduce((sum, list) => sum + list.length, 0), 'drawing')} on ${count(sheets.length, 'chart')}`;
    }
    case 'book': {
      const { unit, thresholds } = v.parse(BOOK_SETTINGS_PART.schema, value);
      return `sizes in ${unit === 'size' ? 'base units' : 'quote currency'}, ${Object.keys(thresholds).length === 0 ? 'usual marks' : 'own marks'}`;
    }
    default:
      return '';
  }
}
