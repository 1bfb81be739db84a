import { readArguments, replayReport, reportText } from './replayReport';

async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2));
  const report = args.ok ? await replayReport(args.value.file, args.value.books) : args;
  if (!report.ok) {
    process.stderr.write(`${report.error}\n`);
    return 2;
  }
  const text = args.ok && args.value.json ? `${JSON.stringify(report.value)}\n` : reportText(report.value);
  await new Promise((resolve) => process.stdout.write(text, resolve));
  return 0;
}

process.exitCode = await main();
