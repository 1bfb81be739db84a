import type { Subcommand } from './analyzeInput';

/** One file per subcommand, loaded when it is asked for. */
const SUBCOMMANDS: Readonly<Record<string, () => Promise<Subcommand>>> = {
  indicators: async () => (await import('./analyzeIndicators')).indicators,
  ratings: async () => (await import('./analyzeRatings')).ratings,
  outcomes: async () => (await import('./analyzeOutcomes')).outcomes,
  sentiment: async () => (await import('./analyzeSentiment')).sentiment,
};

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const load = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  const result = load ? await (await load())(args) : { ok: false as const, error: name === '' ? 'which analysis?' : `there is no analysis called ${name}` };
  if (!result.ok) {
    process.stderr.write(`${result.error}; usage: npm run -s analyze -- ${Object.keys(SUBCOMMANDS).join(' | ')} with its options, see docs/analyze.md\n`);
    return 2;
  }
  // A reader that leaves early, as `head` does, is no failure.
  await new Promise((resolve) => process.stdout.once('error', resolve).write(result.value, resolve));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
