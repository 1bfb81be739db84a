/**
 * `GET /v6/latest/EUR` (https://www.exchangerate-api.com/docs/free), shortened:
 * `{"result":"success","time_last_update_unix":1771372952,"time_next_update_unix":1771461262,"time_eol_unix":0,"base_code":"CZK","rates":{"CZK":1,"AED":0.17914}}`.
 * Errors: `{"result":"error","error-type":"unsupported-code"}`.
 */
export interface ExchangeRateLatest {
  readonly base: string;
  /** Seconds since the epoch. */
  readonly updated: number;
  readonly nextUpdate: number;
  /** Not 0: the service announces its end. */
  readonly endOfLife: number;
  readonly rates: Readonly<Record<string, unknown>>;
}
