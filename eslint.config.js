import eslint from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import vue from 'eslint-plugin-vue';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/**
 * One import rule: files in `target` may not import from `from`, save the folders in `except` (relative to `from`).
 * The table of who may import whom is in docs/development.md; the compiler guards core, app and server besides.
 */
const zone = (target, from, except, message) => ({ target, from, message, ...(except.length > 0 ? { except } : {}) });

const own = './node_modules';
const parts = ['./server', './tests', './bench', './scripts'];
const client = ['service', 'stores', 'app', 'composables', 'components', 'panels', 'views', 'styles'];
/** Folders of src that `names` leaves out, as full paths. */
const srcBut = (...names) => ['core', ...client].filter((name) => !names.includes(name)).map((name) => `./src/${name}`);
const serverBut = (...names) =>
  ['auth', 'bus', 'cli', 'config', 'connectors', 'history', 'http', 'hub', 'observability', 'pipeline', 'recording', 'main.ts']
    .filter((name) => !names.includes(name))
    .map((name) => `./server/${name}`);
const venues = ['binance', 'okx', 'coinbase', 'kraken', 'finnhub', 'twelvedata', 'coingecko', 'alphavantage', 'exchangerate', 'frankfurter', 'simulator', 'replay'];

const zones = [
  // Between the three big parts, and from production code to anything that proves or drives it.
  ...parts.map((from) => zone('./src', from, [], 'the client and core import nothing of server, tests, bench or scripts')),
  ...['./tests', './bench', './scripts'].map((from) => zone('./server', from, [], 'production code never imports tests or tools')),
  zone('./server', './src', ['./core'], 'the server imports only core from src'),
  // Core: contract and util at the bottom, the engine on top.
  zone('./src/core', './src', ['./core'], 'core imports only core'),
  zone('./src/core/contract', './src/core', ['./contract', './util'], 'the contract imports only itself and util'),
  zone('./src/core/util', './src/core', ['./util'], 'util imports only itself'),
  zone('./src/core/market', './src/core', ['./contract', './util', './market'], 'market is below analysis, simulator and engine'),
  ...['analysis', 'simulator'].map((name) =>
    zone(`./src/core/${name}`, './src/core', ['./contract', './util', './market', `./${name}`], `${name} stands on market, contract and util`)),
  zone('./src/core', ['vue', 'pinia', 'vue-router', 'ws', 'fastify', 'pino', '@duckdb', 'chart.js'].map((name) => `${own}/${name}`), [],
    'core is plain TypeScript: no framework, no I/O'),
  // Client.
  zone('./src/service', srcBut('service', 'core'), [], 'the service imports only core'),
  zone('./src/service', ['vue', 'pinia', 'vue-router'].map((name) => `${own}/${name}`), [], 'the service knows neither Vue nor Pinia'),
  zone('./src/stores', srcBut('stores', 'core'), [], 'stores import only core'),
  zone('./src/composables', srcBut('composables', 'stores', 'core', 'service'), [], 'composables import stores and core; a service only as an injected type'),
  zone('./src/components', srcBut('components', 'core', 'composables', 'styles'), [], 'components take props and give events: no store, no service'),
  zone('./src/panels', srcBut('panels', 'components', 'composables', 'stores', 'core', 'styles'), [], 'panels import components, composables and stores'),
  zone('./src/views', srcBut('views', 'panels', 'components', 'composables', 'stores', 'core', 'styles'), [], 'views import panels, components, composables and stores'),
  // Server.
  ...venues.map((venue) =>
    zone(`./server/connectors/${venue}`, './server', ['./connectors/base', `./connectors/${venue}`, './observability'],
      'a venue imports connectors/base, core and observability: no other venue, no other room')),
  zone('./server/connectors', serverBut('connectors', 'observability', 'config'), [], 'connectors know no pipeline, hub, http, history or bus'),
  zone('./server/pipeline', serverBut('pipeline', 'bus', 'history', 'observability', 'config'), [], 'the pipeline imports bus, the history port, core and observability'),
  zone('./server/pipeline', './server/history', ['./port.ts'], 'the pipeline sees history through its port'),
  zone('./server/history', serverBut('history', 'bus', 'observability', 'config'), [], 'history imports bus, core and observability'),
  ...['hub', 'http'].map((name) =>
    zone(`./server/${name}`, serverBut(name, 'auth', 'bus', 'history', 'observability', 'config'), [],
      `${name} imports auth, bus, the history port, core, observability and config types`)),
  ...['hub', 'http'].map((name) => zone(`./server/${name}`, './server/history', ['./port.ts'], `${name} reads history through its port`)),
  zone('./server/recording', serverBut('recording', 'connectors', 'observability', 'config'), [], 'recording imports connectors, observability and core'),
  zone('./server/auth', serverBut('auth', 'observability'), [], 'auth imports only core and observability'),
  zone('./server/bus', serverBut('bus', 'observability', 'config'), [], 'the bus imports only core and observability'),
];

const timeAndChance = 'core has no clock, timer or chance of its own: they are passed in';

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'data/', 'coverage/', 'test-results/', 'node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  ...tseslint.configs.strict,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.{ts,vue}'],
    languageOptions: {
      parserOptions: {
        parser: tseslint.parser,
        projectService: { allowDefaultProject: ['vite.server.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['**/*.{ts,vue,js,mjs}'],
    plugins: { 'import-x': importX },
    languageOptions: { globals: { ...globals.node } },
    settings: {
      'import-x/extensions': ['.ts', '.vue', '.js', '.mjs'],
      'import-x/resolver-next': [
        createNodeResolver({ extensions: ['.ts', '.vue', '.js', '.mjs', '.json'], alias: { '@': [`${import.meta.dirname}/src`] } }),
      ],
    },
    rules: {
      'no-console': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'max-lines': ['error', { max: 400, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { prefer: 'type-imports', fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      'import-x/no-self-import': 'error',
    },
  },
  {
    files: ['src/**/*.{ts,vue}'],
    languageOptions: { globals: { ...globals.browser } },
  },
  {
    // Pure: what happens depends on the inputs alone (same input, byte-identical output).
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error',
        ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'requestAnimationFrame', 'performance', 'process', 'crypto',
          'window', 'document', 'navigator', 'fetch', 'WebSocket', 'localStorage', 'Buffer']
          .map((name) => ({ name, message: timeAndChance }))],
      'no-restricted-properties': ['error',
        { object: 'Date', property: 'now', message: timeAndChance },
        { object: 'Math', property: 'random', message: timeAndChance }],
      'no-restricted-syntax': ['error', { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: timeAndChance }],
    },
  },
  {
    files: ['src/**/*.vue'],
    rules: {
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/component-name-in-template-casing': ['error', 'PascalCase'],
      'vue/define-emits-declaration': ['error', 'type-based'],
      'vue/define-props-declaration': ['error', 'type-based'],
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/no-v-html': 'error',
      'vue/no-unused-refs': 'error',
      // Layout of tags is left to the writer: lines may be 160 wide, as in the rest of the code.
      ...Object.fromEntries(
        ['max-attributes-per-line', 'singleline-html-element-content-newline', 'multiline-html-element-content-newline', 'html-self-closing',
          'html-closing-bracket-newline', 'html-indent', 'first-attribute-linebreak', 'attributes-order', 'require-default-prop', 'multi-word-component-names']
          .map((name) => [`vue/${name}`, 'off'])),
    },
  },
  {
    // Only the service opens connections; panels and views ask stores and composables.
    files: ['src/{stores,composables,components,panels,views}/**/*.{ts,vue}'],
    rules: {
      'no-restricted-globals': ['error',
        ...['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'].map((name) => ({ name, message: 'only src/service talks to the network' }))],
    },
  },
  {
    // A Pinia setup store is one function by design; past this it is two stores.
    files: ['src/stores/**/*.ts'],
    rules: { 'max-lines-per-function': ['error', { max: 150, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['tests/**/*.ts', 'bench/**/*.ts'],
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['**/*.{js,mjs}'], rules: { 'max-lines-per-function': 'off' } },
);
