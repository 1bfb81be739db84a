import { readRecordArguments, record } from './record';

async function main(): Promise<number> {
  const args = readRecordArguments(process.argv.slice(2));
  if (!args.ok) {
    process.stderr.write(`${args.error}\n`);
    return 2;
  }
  const end = new AbortController();
  process.once('SIGINT', () => end.abort());
  process.once('SIGTERM', () => end.abort());
  const name = await record({ ...args.value, token: process.env['TICKGLASS_TOKEN'], print: (line) => process.stdout.write(`${line}\n`), signal: end.signal });
  if (name.ok) process.stdout.write(`Saved ${name.value} in the data folder of the server; open it on the page Replay\n`);
  else process.stderr.write(`record: ${name.error}\n`);
  return name.ok ? 0 : 1;
}

process.exitCode = await main();
