import { noSourceWords } from '@/components/sourceWords';
import type { FeedMode } from '@/core/contract';
import type { AssetClass } from '@/core/market/instrument';
import type { RowSource } from './rows';

const CLASS_WORDS: Readonly<Partial<Record<AssetClass, readonly [one: string, many: string]>>> = { equity: ['share', 'shares'], fx: ['currency pair', 'currency pairs'], metal: ['metal', 'metals'] };

/** Sentences about blanks that many rows share: symbols that no source has, and 24 hour figures that a recording does not hold. */
export function tableNotes(symbols: readonly string[], source: RowSource, { mode, feeds }: { readonly mode: FeedMode | 'unknown'; readonly feeds: Parameters<typeof noSourceWords>[1] }): string[] {
  const orphans = symbols.filter((s) => source.peek(s)?.state === 'none').map((s) => source.instrument(s).assetClass);
  const priced = symbols.flatMap((s) => source.peek(s) ?? []).filter((q) => q.price !== null);
  const notes: string[] = [];
  /** Classes that lack the same thing share a sentence. */
  const byWords = new Map<string, string[]>();
  for (const assetClass of new Set(orphans)) {
    const words = CLASS_WORDS[assetClass];
    if (!words) continue;
    const count = orphans.filter((c) => c === assetClass).length;
    const why = noSourceWords(assetClass, feeds);
    byWords.set(why, [...(byWords.get(why) ?? []), `${count} ${words[count === 1 ? 0 : 1]}`]);
  }
  for (const [why, counts] of byWords) notes.push(`${counts.join(', ')} without a source. ${why}`);
  const silent = orphans.filter((c) => !CLASS_WORDS[c]).length;
  if (silent > 0) notes.push(`${silent} not sent by any venue so far.`);
  if (mode === 'replay' && priced.length > 0 && priced.every((q) => q.open24h === null)) notes.push('24 hour change, range and volume are not in this recording.');
  return notes;
}
