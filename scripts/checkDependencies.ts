/** `npm run check:dependencies`: licences and origin of everything installed, and known weaknesses as far as a registry can be asked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditProblems, lockProblems, type Lock } from './dependencies';
import { ROOT, run, say } from './process';

async function main(): Promise<number> {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Lock };
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  const problems = lockProblems(packages, Object.keys(dependencies));
  say(`${Object.keys(packages).length - 1} packages: licences, origin and install scripts ${problems.length === 0 ? 'as they should be' : 'are not as they should be'}`);
  const audit = await run('npm', ['audit', '--omit=dev', '--json', '--fetch-retries=0', '--fetch-timeout=20000']);
  const weak = auditProblems(audit.output);
  if (weak === null) say('known weaknesses: not checked, as no registry that tells them could be reached');
  else say(`known weaknesses, high or critical, of what runs: ${weak.length}`);
  for (const problem of [...problems, ...(weak ?? [])]) say(`  ${problem}`);
  return problems.length + (weak?.length ?? 0) === 0 ? 0 : 1;
}

process.exitCode = await main();
