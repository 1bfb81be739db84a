/** Rules for what is installed: licences, origin, install scripts, known advisories (docs/threat-model.md, S15). */

/** Licences that allow what this project does. MPL-2.0 and OFL-1.1 bind their own files only, which are used unchanged. */
const ALLOWED: ReadonlySet<string> = new Set(['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'CC0-1.0', 'CC-BY-4.0', 'Python-2.0', 'Unlicense', 'Zlib', 'MPL-2.0', 'OFL-1.1']);

/** Packages that run a program when they are installed; `npm ci --ignore-scripts` works without all of them. */
const WITH_SCRIPTS: ReadonlySet<string> = new Set(['fsevents', 'esbuild', 'unrs-resolver']);

/** Direct dependencies at run time, server and client together: the goal of the threat model. */
const MOST_DIRECT = 16;

export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
}
export type Lock = Readonly<Record<string, LockedPackage>>;

/** `(MIT OR GPL-3.0)` may be taken as MIT; `MIT AND CC-BY-4.0` needs both. */
export function licenceAllowed(licence: string): boolean {
  const words = licence.replaceAll(/[()]/g, '');
  return words.split(/ OR /i).some((choice) => choice.split(/ AND /i).every((one) => ALLOWED.has(one.trim())));
}

const nameOf = (path: string): string => path.replace(/^.*node_modules\//, '');

/** What is wrong with the packages of a lock file, in words; none = nothing. */
export function lockProblems(lock: Lock, direct: readonly string[]): string[] {
  const problems: string[] = [];
  for (const [path, entry] of Object.entries(lock)) {
    if (path === '' || entry.link === true) continue;
    const name = nameOf(path);
    if (!licenceAllowed(entry.license ?? 'none told')) problems.push(`${name}: the licence ${entry.license ?? '(none told)'} is not on the list`);
    if (entry.integrity === undefined || !entry.integrity.startsWith('sha512-')) problems.push(`${name}: no SHA-512 in the lock file`);
    if (entry.resolved !== undefined && !/^https:\/\/[^/]+\/.+\.tgz$/.test(entry.resolved)) problems.push(`${name}: comes from ${entry.resolved}, which is no package of a registry`);
    if (entry.hasInstallScript === true && !WITH_SCRIPTS.has(name)) problems.push(`${name}: runs a program when it is installed`);
  }
  if (direct.length > MOST_DIRECT) problems.push(`${direct.length} direct dependencies at run time; ${MOST_DIRECT} are the most`);
  return problems;
}

/** Outcome of `npm audit --json`: advisories that must not be there, or null when none could be asked for. */
export function auditProblems(output: string): string[] | null {
  const start = output.indexOf('{');
  if (start < 0) return null;
  let told: unknown;
  try {
    told = JSON.parse(output.slice(start, output.lastIndexOf('}') + 1));
  } catch {
    return null; // A registry that answers with anything else has not been asked.
  }
  if (typeof told !== 'object' || told === null || !('vulnerabilities' in told) || typeof told.vulnerabilities !== 'object' || told.vulnerabilities === null) return null;
  return Object.entries(told.vulnerabilities as Record<string, { severity?: string }>).flatMap(([name, { severity }]) => (severity === 'high' || severity === 'critical' ? [`${name}: a known weakness (${severity}); npm audit tells more`] : []));
}
