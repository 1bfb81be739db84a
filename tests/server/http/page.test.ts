import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { CompareReport, HistoryAnswer, OrderBookAnswer, OverviewAnswer, QuotesAnswer, VenueList } from '@/core/contract';
import { takerFee } from '@/core/market/fees';
import { repoRoot } from '../../support/shared';
import { HttpRig } from './rig';
import { routesOf } from './routes';

const page = readFileSync(join(repoRoot, 'docs/http.md'), 'utf8');
const example = (heading: string): unknown => {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return JSON.parse(/```json\n([\s\S]*?)```/.exec(section)?.[1] ?? 'null') as unknown;
};

describe('docs/http.md', () => {
  it('lists every route and no other', async () => {
    const rig = new HttpRig();
    const app = await rig.start();
    const routes = routesOf(app).filter((route) => /\/(api|health|metrics)/.test(route)).map((route) => route.replace(':id', 'ID').replace(/prices\*$/, 'prices/SYMBOL'));
    await rig.close();
    const listed = [...page.matchAll(/^\| `((?:GET|POST) [^`]+)` \|/gm)].map((match) => match[1] ?? '');
    expect([...listed].sort()).toEqual([...routes].sort());
    for (const route of listed) expect(page.match(new RegExp(`^## .*${route.replace(/[/]/g, '\\/')}(,|$)`, 'm')), route).not.toBeNull();
  });

  it.each([['GET /api/v1/orderbook', OrderBookAnswer], ['GET /api/v1/quotes', QuotesAnswer], ['GET /api/v1/compare', CompareReport], ['GET /api/v1/overview', OverviewAnswer], ['GET /api/v1/history', HistoryAnswer], ['GET /api/v1/venues', VenueList]] as const)('shows an answer of %s in the form of the contract, whole', (heading, schema) => {
    expect(v.parse(schema, example(heading))).toEqual(example(heading));
  });

  it('quotes the fees of the table', () => {
    for (const { venue, fee } of v.parse(CompareReport, example('GET /api/v1/compare')).legs) {
      expect(fee).toEqual(takerFee(venue, { base: 'BTC', quote: 'USDT', assetClass: 'crypto' }, new Map()));
    }
    expect(page).toMatch(/\| OKX \| 0\.1 % \| 2026-11-21/);
    expect(page).toMatch(/\| Kraken \| 0\.4 % \| 2025-11-11/);
  });
});
