/**
 * Numbers as venues write them. Three readings by meaning (the trap is a "0" that means "none" in one field and zero in
 * another); each gives `undefined` when the text cannot be read: the caller refuses it. NaN, Infinity, signs, hexadecimal
 * and spaces never pass, nor do sizes no market has (from 1e21, or below 1e-20): arithmetic with those overflows later.
 */
const DECIMAL = /^\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?$/;

const LARGEST = 1e21;
const SMALLEST = 1e-20;

const POWERS = Array.from({ length: 23 }, (_, power) => 10 ** power);
/** Digits that always fit a safe integer. */
const SAFE_DIGITS = 15;

/**
 * A plain decimal of 15 digits at most, several times as fast as reading any text; NaN for every other text, whatever it is. One division of
 * two exact numbers rounds it as reading it would.
 */
export function plainNumber(text: string): number {
  const { length } = text;
  let digits = 0;
  let point = 0;
  if (length === 0 || length > SAFE_DIGITS + 1) return NaN;
  for (let i = 0; i < length; i += 1) {
    const code = text.charCodeAt(i);
    // The codes of 0 and 9, then that of the point.
    if (code >= 48 && code <= 57) digits = 10 * digits + code - 48;
    else if (code === 46 && point === 0 && i > 0 && i < length - 1) point = i;
    else return NaN;
  }
  if (point > 0) return digits / (POWERS[length - 1 - point] as number);
  return length > SAFE_DIGITS ? NaN : digits;
}

/** NaN is the only number that differs from itself. */
const isNumber = (x: number): boolean => x === x;

function read(value: unknown): number | undefined {
  const plain = typeof value === 'string' ? plainNumber(value) : NaN;
  if (isNumber(plain)) return plain;
  if (typeof value === 'string' ? !DECIMAL.test(value) : typeof value !== 'number') return undefined;
  const number = Number(value);
  return number === 0 || (number >= SMALLEST && number < LARGEST) ? number : undefined;
}

/** A readable number as plain decimal text, without exponent: "1.5e-7" -> "0.00000015". Plain text stays as it is written. */
export function plainDecimal(value: string | number): string {
  const text = String(value);
  if (!text.includes('e') && !text.includes('E')) return text;
  const places = scaleOf(text);
  const digits = scaled(text, places).toString().padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function absent(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

/** A required number above zero: price and size of a trade. `undefined` = absent or unreadable or not positive. */
export function parsePositive(value: unknown): number | undefined {
  const number = read(value);
  return number !== undefined && number > 0 ? number : undefined;
}

/** An optional number where zero is a value: a volume, a size of a delta. `null` = not given, `undefined` = unreadable. */
export function parseZeroable(value: unknown): number | null | undefined {
  return absent(value) ? null : read(value);
}

/** An optional number where zero means "none": a 24 h high, the best bid of an empty book. `null` = none, `undefined` = unreadable. */
export function parseOptional(value: unknown): number | null | undefined {
  if (absent(value)) return null;
  const number = read(value);
  return number === 0 ? null : number;
}

/** Decimals of a step: 0.001 -> 3, 1 -> 0, 1e-8 -> 8, 0.25 -> 2. */
export function decimalsOf(step: number): number {
  if (!Number.isFinite(step) || step <= 0) return 0;
  return scaleOf(String(step));
}

/** Digits after the point of a decimal text, exponent applied, never below 0. Trailing zeros count: "1.50" -> 2. */
export function scaleOf(text: string): number {
  const mark = text.search(/[eE]/);
  const mantissa = mark < 0 ? text : text.slice(0, mark);
  const exponent = mark < 0 ? 0 : Number(text.slice(mark + 1));
  const point = mantissa.indexOf('.');
  return Math.max(0, (point < 0 ? 0 : mantissa.length - point - 1) - exponent);
}

/** The decimal of a text as an integer of 10^-scale units; `scale` must be at least `scaleOf(text)`. */
export function scaled(text: string, scale: number): bigint {
  const mark = text.search(/[eE]/);
  const mantissa = mark < 0 ? text : text.slice(0, mark);
  const exponent = mark < 0 ? 0 : Number(text.slice(mark + 1));
  const point = mantissa.indexOf('.');
  const digits = point < 0 ? mantissa : mantissa.slice(0, point) + mantissa.slice(point + 1);
  const shift = scale - (point < 0 ? 0 : mantissa.length - point - 1) + exponent;
  // Digits beyond the scale can only be zeros here ("1.50e1" at scale 0 is 15).
  return shift >= 0 ? BigInt(digits) * 10n ** BigInt(shift) : BigInt(digits) / 10n ** BigInt(-shift);
}

/** Exact order of two decimal texts: below 0, 0 or above 0. Doubles decide; only when they tie are the digits compared. */
export function compareDecimals(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  if (difference !== 0 || a === b) return difference;
  const scale = Math.max(scaleOf(a), scaleOf(b));
  const x = scaled(a, scale);
  const y = scaled(b, scale);
  return x < y ? -1 : x > y ? 1 : 0;
}

const LOW_LIMIT = 2 ** 52;
/** Up to here a product with a power of ten is less than half a unit off: rounding it gives the exact integer. */
const EXACT_UNITS = 1e15;

/**
 * Exact running sum of non-negative decimal texts: 0.1 + 0.2 is 0.3. Small mantissas are added as safe integers and carried
 * into a bigint only when they grow, so an addition allocates nothing in the usual case.
 */
export class DecimalSum {
  private high = 0n;
  private low = 0;
  private places = 0;

  /** Adds a text that matches what `parsePositive` and its kin accept. */
  add(text: string): void {
    const number = plainNumber(text);
    const point = text.indexOf('.');
    const places = point < 0 ? 0 : text.length - point - 1;
    if (isNumber(number) && places > this.places) this.rescale(places);
    const units = Math.round(number * (POWERS[this.places] ?? NaN));
    if (units <= EXACT_UNITS) this.addLow(units);
    else this.addBig(text);
  }

  /** Adds the shortest decimal text of a number: exact for what was printed as that number. */
  addNumber(value: number): void {
    if (!(value > 0)) return;
    // With no more decimals than were seen it need not be printed: no other text of 15 digits is the same number.
    const power = POWERS[this.places] ?? NaN;
    const units = Math.round(value * power);
    if (units <= EXACT_UNITS && units / power === value) this.addLow(units);
    else this.add(String(value));
  }

  private addLow(units: number): void {
    this.low += units;
    if (this.low > LOW_LIMIT) this.carry();
  }

  private addBig(text: string): void {
    const places = scaleOf(text);
    if (places > this.places) this.rescale(places);
    this.high += scaled(text, this.places);
  }

  private carry(): void {
    this.high += BigInt(this.low);
    this.low = 0;
  }

  private rescale(places: number): void {
    const factor = places - this.places;
    this.places = places;
    if (this.low === 0 && this.high === 0n) return;
    this.carry();
    this.high *= 10n ** BigInt(factor);
    if (this.high <= BigInt(LOW_LIMIT)) {
      this.low = Number(this.high);
      this.high = 0n;
    }
  }

  /** The double nearest to the exact sum: what `Number(text())` gives. */
  value(): number {
    // One rounding: both operands of the division are exact doubles.
    if (this.high === 0n && this.places < POWERS.length) return this.low / (POWERS[this.places] ?? 1);
    return Number(this.text());
  }

  /** Exact decimal text with the most decimals seen. */
  text(): string {
    const digits = (this.high + BigInt(this.low)).toString();
    if (this.places === 0) return digits;
    const padded = digits.padStart(this.places + 1, '0');
    return `${padded.slice(0, -this.places)}.${padded.slice(-this.places)}`;
  }

  clone(): DecimalSum {
    const copy = new DecimalSum();
    copy.high = this.high;
    copy.low = this.low;
    copy.places = this.places;
    return copy;
  }
}
