import { ALL_SETTINGS, optionName } from './schema';
import type { Setting } from './setting';

const groups = (): ReadonlyMap<string, readonly Setting<unknown>[]> => {
  const found = new Map<string, Setting<unknown>[]>();
  for (const setting of ALL_SETTINGS) found.set(setting.group, [...(found.get(setting.group) ?? []), setting]);
  return found;
};

/** Text of `--help`. */
export function helpText(version: string): string {
  const lines = [`Tickglass ${version}: a real-time trading terminal`, '', 'Usage: npm start -- [--option value]...', '', '  --help, -h     print this', '  --version, -v  print the version'];
  for (const [group, settings] of groups()) {
    lines.push('', `${group}:`);
    for (const s of settings) {
      const fallback = s.defaultText === '' ? '' : ` (default: ${s.defaultText})`;
      lines.push(`  ${optionName(s)}  [${s.env}]`, `      ${`${s.description}${s.unit === '' ? '' : ` In ${s.unit}.`}`.replaceAll('`', '')}${fallback}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const cell = (raw: string): string => (raw === '' ? '-' : raw.replaceAll('|', '\\|'));
const code = (raw: string): string => (raw === '' ? '-' : `\`${raw}\``);

/** docs/configuration.md, made from the schema: `npm run docs:config` writes it, a test holds it current. */
export function configurationPage(): string {
  const lines = [
    '# Configuration', '',
    'This page is made from `server/config/schema.ts` by `npm run docs:config`; do not edit it by hand.', '',
    'Every setting is an environment variable and a command-line option (`npm start -- --port 8123`); the option wins. An empty variable counts as not set.',
    'A value that is not accepted, or an unknown option, ends the start with exit code 2 and one line that names it. Without any setting the server runs on loopback, keyless.', '',
    'Give keys and tokens in the environment: other users of a machine can read its command lines.',
  ];
  for (const [group, settings] of groups()) {
    lines.push('', `## ${group}`, '', '| variable | option | value | default | unit | meaning | example |', '| --- | --- | --- | --- | --- | --- | --- |');
    for (const s of settings) {
      lines.push(`| \`${s.env}\` | \`${optionName(s)}\` | ${cell(s.type)} | ${code(s.defaultText)} | ${cell(s.unit)} | ${cell(s.description)} | ${code(s.example)} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}
