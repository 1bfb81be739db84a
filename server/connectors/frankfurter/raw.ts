/**
 * v2 (https://frankfurter.dev): `[{"date":"2024-01-15","base":"EUR","quote":"USD","rate":1.089}]`.
 * v1, frozen: `{"amount":1.0,"base":"EUR","date":"2026-03-18","rates":{"GBP":0.86,"USD":1.15}}`.
 * Errors of both: an HTTP status and `{"message":"not found"}`.
 */
export interface FrankfurterRates {
  /** Banking day of each rate, `YYYY-MM-DD`, and the rate of one euro as decimal text; by currency. */
  readonly rates: ReadonlyMap<string, { readonly date: string; readonly rate: string }>;
  /** Rows that could not be read. */
  readonly refused: number;
}
