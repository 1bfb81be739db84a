import type { ChangeOf } from '@/service';
import type { Stores } from './stores';

export const onMarket = ({ market }: Stores, change: ChangeOf<'market'>): void => market.applyQuotes(change);
export const onSparkline = ({ market }: Stores, change: ChangeOf<'sparkline'>): void => market.applySparklines(change);
