import { writeFileSync } from 'node:fs';
import { configurationPage } from '../config/document';

// `npm run docs:config`: writes docs/configuration.md from the schema.
writeFileSync(new URL('../../docs/configuration.md', import.meta.url), configurationPage());
process.stdout.write('docs/configuration.md written\n');
