// Writes what docs/configuration.md and .env.example say of the settings, from the built dist/.
import { readFileSync, writeFileSync } from 'node:fs';
import { exampleEnvironment, withReference } from '../dist/config/reference/reference.js';

const guide = new URL('configuration.md', import.meta.url);
writeFileSync(guide, withReference(readFileSync(guide, 'utf8')));
writeFileSync(new URL('../.env.example', import.meta.url), exampleEnvironment());
