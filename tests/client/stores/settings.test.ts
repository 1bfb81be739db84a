import { createPinia, setActivePinia } from 'pinia';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readSaved, type Migrations } from '@/stores/saved';
import { DEFAULT_SETTINGS, SETTINGS_KEY, SETTINGS_PART, SETTINGS_VERSION, useSettingsStore } from '@/stores/settings';
import { useConnectionStore } from '@/stores/connection';

const readSettings = (text: string, migrations: Migrations = {}, version = SETTINGS_VERSION) => readSaved({ ...SETTINGS_PART, migrations, version }, text).value;

beforeEach(() => {
  localStorage.clear();
  setActivePinia(createPinia());
});

describe('settings', () => {
  it('survive a reload, with their version, and hold nothing of the market', () => {
    const settings = useSettingsStore();
    settings.update({ theme: 'contrast', sort: { key: 'price', direction: 'desc' } });
    settings.toggleFavourite('BTC/USDT');
    settings.toggleFavourite('AAPL');
    settings.toggleFavourite('BTC/USDT');
    expect(JSON.parse(localStorage.getItem(SETTINGS_KEY) ?? '')).toEqual({ version: SETTINGS_VERSION, settings: { ...DEFAULT_SETTINGS, theme: 'contrast', sort: { key: 'price', direction: 'desc' }, favourites: ['AAPL'] } });
    setActivePinia(createPinia());
    const again = useSettingsStore();
    expect([again.theme, again.favourites, again.isFavourite('AAPL'), again.isFavourite('BTC/USDT')]).toEqual(['contrast', ['AAPL'], true, false]);
    again.reset();
    expect(again.theme).toBe('system');
  });

  it('a named time zone is kept, one that does not exist costs only itself', () => {
    const zoned = (timeZone: string) => readSettings(JSON.stringify({ version: SETTINGS_VERSION, settings: { timeZone } })).timeZone;
    expect(['Europe/Berlin', 'local', 'UTC', 'Mars/Olympus', ''].map(zoned)).toEqual(['Europe/Berlin', 'local', 'UTC', 'UTC', 'UTC']);
  });

  it('one bad field costs only itself', () => {
    const text = JSON.stringify({ version: SETTINGS_VERSION, settings: { theme: 'neon', density: 'compact', favourites: 7 } });
    expect(readSettings(text)).toEqual({ ...DEFAULT_SETTINGS, density: 'compact' });
  });

  it('older versions go through every migration in turn', () => {
    const migrations = {
      1: ({ watchlist, ...rest }: Readonly<Record<string, unknown>>) => ({ ...rest, stars: watchlist }),
      2: ({ stars, ...rest }: Readonly<Record<string, unknown>>) => ({ ...rest, favourites: stars }),
    };
    const saved = (version: number, settings: object): string => JSON.stringify({ version, settings });
    expect(readSettings(saved(1, { watchlist: ['AAPL'] }), migrations, 3).favourites).toEqual(['AAPL']);
    expect(readSettings(saved(2, { stars: ['MSFT'] }), migrations, 3).favourites).toEqual(['MSFT']);
    expect(readSettings(saved(3, { favourites: ['X'] }), migrations, 3).favourites).toEqual(['X']);
  });

  it('any text in the storage gives valid settings', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.json().map((s) => `{"version":1,"settings":${s}}`)), (text) => {
      expect(Object.keys(readSettings(text)).sort()).toEqual(Object.keys(DEFAULT_SETTINGS).sort());
    }));
  });

  it('a storage that refuses keeps the setting for this page', () => {
    const refuse = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => { throw new DOMException('full', 'QuotaExceededError'); });
    const settings = useSettingsStore();
    settings.update({ theme: 'dark' });
    expect(settings.theme).toBe('dark');
    refuse.mockRestore();
  });
});

describe('activity', () => {
  it('is newest first and at most 500', () => {
    const connection = useConnectionStore();
    for (let i = 0; i < 600; i++) connection.log({ at: i, level: 'info', source: 'app', text: String(i) });
    expect([connection.activity.length, connection.activity[0]?.text, new Set(connection.activity.map((a) => a.id)).size]).toEqual([500, '599', 500]);
  });
});
