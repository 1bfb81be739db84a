const DECIMAL = /^\d{1,20}(\.\d{1,20})?$/;

/** A decimal text that is not negative; its length bounds it, so it is finite. */
export function isDecimal(value: unknown): value is string {
  return typeof value === 'string' && DECIMAL.test(value);
}

/** A decimal text above zero. */
export function isPositive(value: unknown): value is string {
  return isDecimal(value) && Number(value) > 0;
}
