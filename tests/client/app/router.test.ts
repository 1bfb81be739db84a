import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryHistory, createRouter } from 'vue-router';
import { routes } from '@/app/router';

beforeEach(() => setActivePinia(createPinia()));

describe('routes', () => {
  const router = createRouter({ history: createMemoryHistory(), routes: [...routes] });
  it.each([
    ['/', '/market', 'Market', undefined],
    ['/index.html', '/market', 'Market', undefined],
    ['/analysis', '/analysis', 'Analysis', undefined],
    ['/analysis/scorecard', '/analysis/scorecard', 'Scorecard', undefined],
    ['/analysis/method', '/analysis/method', 'Method', undefined],
    ['/status', '/status', 'Status', undefined],
    ['/market/AAPL', '/market/AAPL', undefined, 'AAPL'],
    ['/market/BTC%2FUSDT', '/market/BTC%2FUSDT', undefined, 'BTC/USDT'],
    ['/market/BTC/USDT', '/market/BTC%2FUSDT', undefined, 'BTC/USDT'],
    ['/status/nothing', '/status/nothing', 'Page not found', undefined],
    ['/nowhere', '/nowhere', 'Page not found', undefined],
  ])('%s', async (address, path, title, symbol) => {
    await router.push(address);
    const { currentRoute } = router;
    expect([currentRoute.value.path, currentRoute.value.meta['title'], currentRoute.value.params['symbol']]).toEqual([path, title, symbol]);
  });
});
