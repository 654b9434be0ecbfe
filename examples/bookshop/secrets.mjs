/**
 * What the bookshop and Kittiwake show each other under Docker: made up when docker-compose.yml is first started, kept in
 * a file, and only there. `BOOKSHOP_API_KEY` and `BOOKSHOP_PASSWORD` win over what is in the file.
 *
 *     node secrets.mjs FILE
 */
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { env, loadEnvFile } from 'node:process';

const file = process.argv[2] ?? '.env';
const given = { apiKey: env['BOOKSHOP_API_KEY'], password: env['BOOKSHOP_PASSWORD'] };

if (existsSync(file)) loadEnvFile(file);
const apiKey = given.apiKey || env['BOOKSHOP_API_KEY'] || randomBytes(24).toString('base64url');
const password = given.password || env['BOOKSHOP_PASSWORD'] || randomBytes(24).toString('base64url');

const variables = {
  BOOKSHOP_API_KEY: apiKey,
  BOOKSHOP_PASSWORD: password,
  // For kittiwake.yaml:
  BOOKSHOP_URL: `http://kittiwake:${password}@bookshop:8000`,
  // For the app:
  GATEWAY_API_KEY: apiKey,
  BOOKSHOP_CALLBACK_PASSWORD: password,
};
const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
writeFileSync(file, lines.join(''));
