import { parse } from 'yaml';
import { section } from '../../config/kinds/section.kind.js';
import { interpolate } from '../../config/loading/interpolate.js';
import { loadSettings } from '../../config/loading/load-settings.js';
import { Settings } from '../../config/settings.js';
import { checkSettings } from '../../server/check-settings.js';
import { type InitAnswers, PROOFS, PURPOSES, type Purpose } from './answers.js';
import { configurationText, variablesOf } from './configuration-text.js';

const SECRET = 'x'.repeat(43);
const MIXES: readonly (readonly Purpose[])[] = [
  ...PURPOSES.map((purpose) => [purpose]),
  ['topics', 'rooms'],
  PURPOSES,
];
const ANSWERS = MIXES.flatMap((purposes) =>
  PROOFS.map((proof) => ({
    purposes,
    proof,
    app: 'https://app.example.com/api',
    origin: 'https://app.example.com',
  })),
);

/** The settings that the file makes with just the variables it is said to need. */
function settingsOf(answers: InitAnswers): Settings {
  const env = Object.fromEntries(variablesOf(answers).map((name) => [name, SECRET]));
  const problems: string[] = [];
  const options = interpolate(parse(configurationText(answers)), section(Settings), { env, problems });
  expect(problems).toEqual([]);
  return loadSettings(options);
}

describe('a first configuration', () => {
  it.each(ANSWERS)('for $purposes with $proof loads without a warning', (answers) => {
    expect(checkSettings(settingsOf(answers))).toEqual([]);
  });

  it.each(ANSWERS)('for $purposes with $proof takes no secret in vain', (answers) => {
    for (const name of variablesOf(answers)) expect(configurationText(answers)).toContain(`\${${name}}`);
  });

  it('has what it was asked for, and no more', () => {
    const { services, rooms, procedures, auth, origins } = settingsOf(ANSWERS[3]!);
    expect([...services.keys(), procedures, auth.ticket, auth.jwt]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(rooms?.api).toMatchObject({ url: 'https://app.example.com/api/kittiwake/', bootstrap: 'rooms' });
    expect(origins).toEqual(['https://app.example.com']);
  });

  it('has Kittiwake show a password where it asks', () => {
    const { services, auth } = settingsOf(ANSWERS[0]!);
    expect(services.get('books')?.authorizer).toBe(
      `https://kittiwake:${SECRET}@app.example.com/api/kittiwake/authorizer`,
    );
    expect(auth.ticket?.url).toMatch(/kittiwake:x+@/);
    expect(services.get('books')?.requireAuthentication).toBe(true);
  });
});
