/**
 * `function=GLOBAL_QUOTE` (https://www.alphavantage.co/documentation/), every value a string:
 * `{"Global Quote":{"01. symbol":"MSFT","02. open":"112.6300","05. price":"112.1300","07. latest trading day":"2018-10-05","08. previous close":"112.7900"}}`;
 * an unknown symbol is `{"Global Quote":{}}`.
 *
 * `function=CURRENCY_EXCHANGE_RATE`:
 * `{"Realtime Currency Exchange Rate":{"1. From_Currency Code":"EUR","3. To_Currency Code":"USD","5. Exchange Rate":"1.0850","6. Last Refreshed":"2017-12-20 19:23:21","7. Time Zone":"UTC"}}`.
 *
 * Every error is HTTP 200: `{"Error Message":".."}`, `{"Information":".."}`, `{"Note":".."}`; the texts may hold the key.
 */
export interface AlphaVantageValue {
  readonly price: string;
  /** Trading day of a share, `YYYY-MM-DD`, or UTC time of a currency pair, `YYYY-MM-DD HH:MM:SS`. */
  readonly time: string;
}

/** What an error text asks for. */
export type AlphaVantageComplaint = 'day' | 'burst' | 'minute' | 'key' | 'premium' | 'call';
