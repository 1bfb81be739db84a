import { join } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { repoRoot } from '../../support/shared';

/** The import rules of eslint.config.js without the type-aware ones, which need the files to exist. */
const lint = new ESLint({
  cwd: repoRoot,
  ruleFilter: ({ ruleId }) => ['import-x/no-restricted-paths', 'no-restricted-globals', 'no-restricted-properties', 'no-restricted-syntax', 'no-console', 'vue/no-v-html'].includes(ruleId),
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

async function findings(file: string, text: string): Promise<string[]> {
  const results = await lint.lintText(text, { filePath: join(repoRoot, file) });
  return [...new Set(results.flatMap((result) => result.messages.filter((message) => message.severity === 2).map((message) => message.ruleId ?? message.message)))];
}

const use = (from: string): string => `import * as used from '${from}';\nexport default used;\n`;
const PATHS = 'import-x/no-restricted-paths';

describe('the import rules of docs/development.md are enforced', () => {
  it.each([
    ['src/core/contract/x.ts', '@/core/market/events'],
    ['src/core/util/x.ts', '@/core/contract'],
    ['src/core/market/x.ts', '@/core/engine'],
    ['src/core/market/x.ts', '@/core/analysis/types'],
    ['src/core/x.ts', 'vue'],
    ['src/core/x.ts', '../../server/bus/bus'],
    ['src/service/x.ts', '@/stores/types'],
    ['src/service/x.ts', 'vue'],
    ['src/stores/x.ts', '@/composables/format'],
    ['src/components/x.ts', '@/stores/types'],
    ['src/panels/x.ts', '@/service/types'],
    ['src/views/x.ts', '@/service/types'],
    ['server/bus/x.ts', '@/stores/types'],
    ['server/hub/x.ts', '../connectors/base/connector'],
    ['server/pipeline/x.ts', '../connectors/base/connector'],
    ['server/connectors/okx/x.ts', '../../hub/origin'],
    ['server/connectors/okx/x.ts', '../binance/index'],
    ['server/hub/x.ts', '../../tests/support/waitFor'],
    ['src/app/x.ts', '../../tests/support/waitFor'],
  ])('%s may not import %s', async (file, from) => {
    expect(await findings(file, use(from))).toEqual([PATHS]);
  });

  it.each([
    ['src/core/x.ts', '@/core/market/events'],
    ['src/core/contract/x.ts', '@/core/util/result'],
    ['src/stores/x.ts', '@/core/contract'],
    ['src/panels/x.ts', '@/stores/types'],
    ['src/app/x.ts', '@/service/types'],
    ['server/hub/x.ts', '../history/port'],
    ['server/hub/x.ts', '@/core/contract'],
    ['server/connectors/okx/x.ts', '../base/connector'],
    ['server/x.ts', './bus/bus'],
    ['tests/x.ts', '../server/bus/bus'],
  ])('%s may import %s', async (file, from) => {
    expect(await findings(file, use(from))).toEqual([]);
  });
});

describe('purity and safety rules', () => {
  it.each([
    ['src/core/x.ts', 'export const t = Date.now();', 'no-restricted-properties'],
    ['src/core/x.ts', 'export const t = Math.random();', 'no-restricted-properties'],
    ['src/core/x.ts', 'export const t = new Date();', 'no-restricted-syntax'],
    ['src/core/x.ts', 'setTimeout(() => undefined, 1);', 'no-restricted-globals'],
    ['src/core/x.ts', 'export const t = performance.now();', 'no-restricted-globals'],
    ['src/panels/x.ts', "export const t = fetch('/');", 'no-restricted-globals'],
    ['server/hub/x.ts', "console.log('x');", 'no-console'],
    ['bench/x.ts', "console.log('x');", 'no-console'],
    ['src/components/X.vue', '<template><p v-html="x" /></template>', 'vue/no-v-html'],
  ])('%s refuses %s', async (file, text, rule) => {
    expect(await findings(file, text)).toEqual([rule]);
  });

  it('core may turn a given time into a date', async () => {
    expect(await findings('src/core/x.ts', 'export const t = new Date(0).toISOString();')).toEqual([]);
  });
});
