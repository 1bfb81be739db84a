import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { OverviewAnswer } from '@/core/contract';
import type { MarketOverview } from '../../../server/http/ports';
import { HttpRig, NOW, sourceFacts } from './rig';

let rig = new HttpRig();
afterEach(async () => {
  await rig.close();
  rig = new HttpRig();
});
const READ: MarketOverview = {
  source: 'coingecko', reason: '',
  global: { coins: 17_000, markets: 1_300, marketCapUsd: 3.4e12, volumeUsd: 1.4e11, changePercent: -1.2, dominance: { BTC: 57.4 }, venueTime: NOW - 60_000, receiveTime: NOW - 42_000 },
  trending: { coins: [{ id: 'solana', name: 'Solana', symbol: 'SOL', rank: 6, priceUsd: 142.1, changePercent: null }], receiveTime: NOW + 5 },
};
const ask = async () => v.parse(OverviewAnswer, (await rig.ask('GET', '/api/v1/overview')).json());

describe('GET /api/v1/overview', () => {
  it('tells what was read with its age and the notice its source wants', async () => {
    rig.sources = [...rig.sources, sourceFacts('coingecko', 70, { attribution: { text: 'Data provided by CoinGecko', url: 'https://www.coingecko.com' } })];
    await rig.start({}, { overview: () => READ });
    expect(await ask()).toEqual({
      source: 'coingecko', attribution: { text: 'Data provided by CoinGecko', url: 'https://www.coingecko.com' }, reason: '',
      global: { coins: 17_000, markets: 1_300, marketCapUsd: 3.4e12, volumeUsd: 1.4e11, changePercent: -1.2, dominance: { BTC: 57.4 }, venue_time: NOW - 60_000, age_ms: 42_000 },
      // A clock that was set back makes no age below zero.
      trending: { coins: READ.trending?.coins, age_ms: 0 },
    });
  });

  it('says why there is nothing yet, and that no source is used', async () => {
    await rig.start({}, { overview: () => ({ source: 'coingecko', global: null, trending: null, reason: 'asked for in 12 s' }) });
    expect(await ask()).toMatchObject({ source: 'coingecko', attribution: null, global: null, reason: 'asked for in 12 s' });
    await rig.close();
    await rig.start();
    expect(await ask()).toMatchObject({ source: null, global: null, trending: null });
  });

  it('needs the token like every other route', async () => {
    await rig.start({ token: 'secret-of-16-chars' });
    expect((await rig.ask('GET', '/api/v1/overview')).statusCode).toBe(401);
  });
});
