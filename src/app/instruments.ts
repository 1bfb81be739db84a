import * as v from 'valibot';
import { decimalsOf } from '@/composables/format';
import { ASSET_CLASSES } from '@/core/market/instrument';
import type { FetchLike } from '@/service';
import type { InstrumentView } from '@/stores/types';

const Step = v.pipe(v.number(), v.finite(), v.gtValue(0));
const Instruments = v.array(
  v.object({ symbol: v.string(), name: v.string(), assetClass: v.fallback(v.picklist(ASSET_CLASSES), 'crypto'), quote: v.string(), tickSize: Step, lotSize: Step }),
);
/** More decimals of a size than this only make noise. */
const MAX_SIZE_DECIMALS = 8;

/** The server's instruments as the views need them; null when they cannot be had now. */
export async function loadInstruments(server: string, get: FetchLike = (url, init) => fetch(url, init)): Promise<InstrumentView[] | null> {
  try {
    const response = await get(new URL('api/v1/instruments', server).href, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(10_000) });
    if (!response.ok) return null;
    const list = v.parse(Instruments, await response.json());
    return list.map(({ symbol, name, assetClass, quote, tickSize, lotSize }) => ({
      symbol, name, assetClass, quote, tickSize, priceDecimals: decimalsOf(tickSize), sizeDecimals: Math.min(MAX_SIZE_DECIMALS, decimalsOf(lotSize)),
    }));
  } catch {
    // The caller asks again with the next connection; until then prices are shown with default decimals.
    return null;
  }
}
