// Writes the files for Grafana and Prometheus from the tables of docs/operations.md.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { alertRules } from './alert-rules.mjs';
import { dashboard } from './dashboard.mjs';

const HEAD = '# From the table of alerts in docs/operations.md: `npm run docs` writes this file.\n';

write('grafana/kittiwake.json', JSON.stringify(dashboard()));
write('prometheus/kittiwake.rules.yaml', HEAD + stringify(alertRules()));

/** @param {string} name @param {string} text */
function write(name, text) {
  writeFileSync(fileURLToPath(new URL(name, import.meta.url)), text);
}
