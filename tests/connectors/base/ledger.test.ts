import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileLedger } from '../../../server/connectors/base/ledger';
import { silentLog } from '../../support/connectorRig';

describe('ledger in a file', () => {
  let folder = '';
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tickglass-ledger-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const path = () => join(folder, 'data', 'budgets.json');

  it('is read by the next process; another period counts from zero', () => {
    fileLedger(path(), silentLog).note('a:calls:day', 1_000, 7);
    const again = fileLedger(path(), silentLog);
    expect([again.used('a:calls:day', 1_000), again.used('a:calls:day', 2_000), again.used('b', 1_000)]).toEqual([7, 0, 0]);
  });

  it.each(['', '{"a":', '[]', '{"a":{"start":"1","used":-3},"b":7}'])('broken content %j is a fresh start', (text) => {
    fileLedger(path(), silentLog).note('a', 1, 1);
    writeFileSync(path(), text);
    const ledger = fileLedger(path(), silentLog);
    expect(ledger.used('a', 1)).toBe(0);
    ledger.note('a', 1, 2);
    expect(fileLedger(path(), silentLog).used('a', 1)).toBe(2);
  });

  it('stays small, and a folder that cannot be written is survived', () => {
    const ledger = fileLedger(path(), silentLog);
    for (let i = 0; i < 300; i += 1) ledger.note(`id${i}`, 1, i);
    expect(Object.keys(JSON.parse(readFileSync(path(), 'utf8')) as object)).toHaveLength(200);
    writeFileSync(join(folder, 'file'), '');
    const lost = fileLedger(join(folder, 'file', 'budgets.json'), silentLog);
    lost.note('a', 1, 5);
    expect(lost.used('a', 1)).toBe(5);
  });
});
