import { describe, expect, it } from 'vitest';
import { appBase } from '@/app/base';
import { loadConfig } from '@/app/config';
import { loadInstruments } from '@/app/instruments';

const base = new URL('https://host.example/some/where/');
const answering = (body: string, status = 200) => {
  const asked: string[] = [];
  const get = ((url: URL | string) => {
    asked.push(String(url));
    return Promise.resolve(new Response(body, { status }));
  }) as typeof fetch;
  return { get, asked };
};

describe('config.json', () => {
  it.each([
    ['{ "server": "" }', base.href],
    ['{}', base.href],
    ['{ "server": "https://terminal.example" }', 'https://terminal.example/'],
    ['{ "server": "https://terminal.example/sub" }', 'https://terminal.example/sub/'],
    ['{ "server": "/elsewhere" }', 'https://host.example/elsewhere/'],
  ])('%s', async (body, server) => {
    const { get, asked } = answering(body);
    expect(await loadConfig(base, get)).toEqual({ server, problem: null });
    expect(asked).toEqual(['https://host.example/some/where/config.json']);
  });

  it.each([['not json', 200], ['{ "server": 5 }', 200], ['{ "server": "javascript:alert(1)" }', 200], ['', 404]])('%s (%i): the own origin stands in, and it is said', async (body, status) => {
    const config = await loadConfig(base, answering(body, status).get);
    expect(config.server).toBe(base.href);
    expect(config.problem).toMatch(/config\.json.*using the server of this page/);
  });
});

describe('instruments', () => {
  const one = { symbol: 'BTC/USDT', name: 'Bitcoin', assetClass: 'crypto', base: 'BTC', quote: 'USDT', tickSize: 0.01, lotSize: 0.00001, venues: ['binance'] };

  it('gives decimals from the steps', async () => {
    const { get, asked } = answering(JSON.stringify([one, { ...one, symbol: 'X', assetClass: 'futures', tickSize: 0.25, lotSize: 1 }]));
    expect(await loadInstruments('https://terminal.example/sub/', get)).toMatchObject([{ symbol: 'BTC/USDT', priceDecimals: 2, sizeDecimals: 5 }, { symbol: 'X', assetClass: 'crypto', priceDecimals: 2, sizeDecimals: 0 }]);
    expect(asked).toEqual(['https://terminal.example/sub/api/v1/instruments']);
  });

  it.each([['[{"symbol":1}]', 200], ['oops', 200], ['[]', 503]])('%s (%i) is no list', async (body, status) => {
    expect(await loadInstruments('https://terminal.example/', answering(body, status).get)).toBeNull();
  });
});

describe('root of the app', () => {
  it('is what the server tells, else the base of the page', () => {
    const page = document.implementation.createHTMLDocument();
    Object.defineProperty(page, 'baseURI', { value: 'https://host.example/some/where/' });
    expect(appBase(page).href).toBe('https://host.example/some/where/');
    const meta = page.createElement('meta');
    meta.name = 'tickglass-base';
    meta.content = '/';
    page.head.append(meta);
    expect(appBase(page).href).toBe('https://host.example/');
  });
});
