import type { AssetClass } from '@/core/market/instrument';

/** Classes of instruments as filters name them. */
export const CLASS_TITLES: Readonly<Record<AssetClass, string>> = { crypto: 'Crypto', equity: 'Shares', fx: 'Currencies', metal: 'Metals', test: 'Test' };
