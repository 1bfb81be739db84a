import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDecimals, decimalsOf, DecimalSum, parseOptional, parsePositive, parseZeroable, plainDecimal, plainNumber, scaled } from '@/core/util/decimal';

const decimal = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.integer({ min: 0, max: 12 })).map(([units, places]) => {
  const digits = units.toString().padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
});

describe('numbers by meaning', () => {
  it.each<[unknown, number | undefined, number | null | undefined, number | null | undefined]>([
    ['1.50', 1.5, 1.5, 1.5],
    ['1e-7', 1e-7, 1e-7, 1e-7],
    [2, 2, 2, 2],
    ['0.000', undefined, 0, null],
    ['', undefined, null, null],
    [null, undefined, null, null],
    [undefined, undefined, null, null],
    ...['NaN', 'Infinity', '1e999', '-1', '+1', '0x10', ' 1', '1,5', '1.', '.5', '1e308', '1e-300', 1e21, NaN, Infinity, -1, {}, [], true].map(
      (bad): [unknown, undefined, undefined, undefined] => [bad, undefined, undefined, undefined],
    ),
  ])('%j: required %s, zero valid %s, zero = none %s', (text, positive, zeroable, optional) => {
    expect(parsePositive(text)).toBe(positive);
    expect(parseZeroable(text)).toBe(zeroable);
    expect(parseOptional(text)).toBe(optional);
  });

  it.each([[0.01, 2], [1, 0], [1e-8, 8], [0.25, 2], [1000, 0], [0.00001, 5], [NaN, 0], [0, 0]])('decimals of %d are %d', (step, decimals) => {
    expect(decimalsOf(step)).toBe(decimals);
  });
});

describe('plainNumber', () => {
  it('is what reading the text gives, or NaN', () => {
    fc.assert(fc.property(decimal, (text) => {
      const number = plainNumber(text);
      if (text.replace('.', '').length <= 15) expect(number).toBe(Number(text));
      else expect(Number.isNaN(number) || number === Number(text)).toBe(true);
    }));
  });

  it.each(['', '.', '1.', '.5', '1.2.3', '1e5', '-1', ' 1', '1 ', '１', '0x1', '1234567890123456', '12345678901234567'])('%j is none', (text) => {
    expect(plainNumber(text)).toBeNaN();
  });
});

describe('DecimalSum', () => {
  it('has no binary drift', () => {
    const sum = new DecimalSum();
    for (let i = 0; i < 1000; i += 1) sum.add('0.1');
    expect([sum.text(), sum.value()]).toEqual(['100.0', 100]);
  });

  it('equals the sum of scaled integers, whatever the decimals', () => {
    fc.assert(fc.property(fc.array(decimal, { maxLength: 60 }), (texts) => {
      const sum = new DecimalSum();
      for (const text of texts) sum.add(text);
      const expected = texts.reduce((total, text) => total + scaled(text, 12), 0n);
      expect(scaled(sum.text(), 12)).toBe(expected);
      expect(sum.value()).toBe(Number(sum.text()));
      expect(sum.clone().text()).toBe(sum.text());
    }));
  });

  it('adds a number as the text it prints as, printed or not', () => {
    const number = fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), decimal.map(Number));
    fc.assert(fc.property(fc.array(number, { maxLength: 40 }), (numbers) => {
      const [read, printed] = [new DecimalSum(), new DecimalSum()];
      for (const x of numbers) {
        read.addNumber(x);
        if (x > 0) printed.add(String(x));
      }
      expect(read.text()).toBe(printed.text());
    }));
  });

  it('reads exponents and adds numbers as they print', () => {
    const sum = new DecimalSum();
    sum.add('1.5e-7');
    sum.addNumber(0.30000000000000004);
    sum.add('2E3');
    expect(sum.text()).toBe('2000.30000015000000004');
    sum.add('0.0000000000000000000000000001');
    sum.add('0');
    expect(sum.text().endsWith('1')).toBe(true);
  });
});

it('decimal order sees digits that doubles do not', () => {
  expect(compareDecimals('1.10', '1.1')).toBe(0);
  expect(compareDecimals('0.1000000000000000055', '0.1')).toBe(1);
  expect(compareDecimals('12345678901234567.1', '12345678901234567.2')).toBe(-1);
  fc.assert(fc.property(decimal, decimal, (a, b) => {
    expect(Math.sign(compareDecimals(a, b))).toBe(scaled(a, 12) === scaled(b, 12) ? 0 : scaled(a, 12) < scaled(b, 12) ? -1 : 1);
  }));
});

it.each([['1.50', '1.50'], [0.1, '0.1'], ['1.5e-7', '0.00000015'], [1e-7, '0.0000001'], ['2E3', '2000'], ['1.50e1', '15.0']])('%s in plain digits is %s', (value, text) => {
  expect(plainDecimal(value)).toBe(text);
});
