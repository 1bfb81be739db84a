import { EMA, HMA, SMA, VWMA, WMA } from './averages';
import { BOLLINGER, DONCHIAN, STDDEV } from './bands';
import { ADX, AROON } from './direction';
import { ICHIMOKU } from './ichimoku';
import type { IndicatorSpec, ParamValues } from './indicator';
import { MACD, MACD_CLASSIC } from './macd';
import { AWESOME, CCI, CCI_CLOSE, MOMENTUM, POWER, ROC, ULTIMATE } from './momentum';
import { ATR, NATR, SUPERTREND, TRUE_RANGE } from './ranges';
import { SAR } from './sar';
import { RSI, STOCHASTIC, STOCHASTIC_RSI, WILLIAMS } from './stochastic';
import { AD, MFI, OBV, VWAP } from './volume';

export { Indicator, type Column, type IndicatorSpec, type Param, type ParamValues, type Row } from './indicator';

/** Every kind of indicator there is: averages, bands and stops over the candles, then those with a pane of their own. */
export const INDICATORS: readonly IndicatorSpec[] = [
  SMA, EMA, WMA, HMA, VWMA, VWAP, BOLLINGER, DONCHIAN, ICHIMOKU, SUPERTREND, SAR,
  RSI, MACD, MACD_CLASSIC, STOCHASTIC, STOCHASTIC_RSI, ADX, AROON, CCI, CCI_CLOSE, WILLIAMS, MOMENTUM, ROC, ULTIMATE, AWESOME, POWER,
  TRUE_RANGE, ATR, NATR, STDDEV, OBV, MFI, AD,
];

/** The indicator of that name, if there is one. */
export const indicatorOf = (name: string): IndicatorSpec | undefined => INDICATORS.find((spec) => spec.name === name);

const AVERAGE_PERIODS = [10, 20, 30, 50, 100, 200] as const;
const of = (spec: IndicatorSpec, params: ParamValues = {}) => ({ spec, params });

/** The columns of the reference set and of `analyze -- indicators`, in their order there. */
export const REFERENCE_SET: readonly { readonly spec: IndicatorSpec; readonly params: ParamValues }[] = [
  ...AVERAGE_PERIODS.map((period) => of(SMA, { period })), ...AVERAGE_PERIODS.map((period) => of(EMA, { period })),
  ...[WMA, HMA, RSI, MACD, MACD_CLASSIC, BOLLINGER, TRUE_RANGE, ATR, NATR, ADX, STOCHASTIC, STOCHASTIC_RSI, CCI, CCI_CLOSE, WILLIAMS, MOMENTUM, ROC, ULTIMATE, AWESOME,
    POWER, SAR, AROON, ICHIMOKU, SUPERTREND, DONCHIAN, STDDEV, OBV, MFI, AD, VWMA, VWAP].map((spec) => of(spec)),
];
