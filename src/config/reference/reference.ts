import { isRecord } from '../kinds/record.js';
import { CONFIG_FILE_VARIABLE } from '../loading/environment.js';
import { describeSettings, type SettingDescription } from './describe-settings.js';
import { markdownTable } from './markdown-table.js';

const BEGIN = '<!-- settings: written by `npm run docs`, change src/config instead -->';
const END = '<!-- /settings -->';
const FILE_ABOUT = 'The YAML file with the configuration; without it, there are only these variables.';

/** A section with the settings right below it. */
interface Group {
  readonly section: SettingDescription | undefined;
  readonly settings: readonly SettingDescription[];
}

/** All settings, one table per section: the text between the markers of docs/configuration.md. */
export function referenceMarkdown(): string {
  return groups().map(groupMarkdown).join('\n\n');
}

/**
 * A document with the reference between its markers updated.
 * @throws when it has no markers.
 */
export function withReference(document: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`The document lacks the lines ${BEGIN} and ${END}`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${referenceMarkdown()}\n\n${document.slice(end)}`;
}

/** The content of .env.example: every variable, commented out, with its default. */
export function exampleEnvironment(): string {
  const intro = [
    '# Every variable that Kittiwake reads, with its default. To set one, remove the # before its name.',
    '# Variables win over the file. Empty ones count as not set. Lists are separated by commas.',
    `# ${FILE_ABOUT}\n#${CONFIG_FILE_VARIABLE}=`,
  ];
  const entries = groups().flatMap(({ section, settings }) => {
    const withVariables = settings.filter(({ env }) => env !== undefined);
    if (withVariables.length === 0) return [];
    const heading = section === undefined ? [] : [`# ${section.key}: ${section.about}`];
    return [...heading, ...withVariables.map(exampleEntry)];
  });
  return `${[`${intro[0]}\n${intro[1]}`, intro[2], ...entries].join('\n\n')}\n`;
}

function groups(): Group[] {
  const all = describeSettings();
  const values = all.filter((setting) => !isSection(setting));
  const sections = [undefined, ...all.filter(isSection)];
  return sections
    .map((section) => ({ section, settings: values.filter(({ key }) => parentOf(key) === placeOf(section)) }))
    .filter(({ settings }) => settings.length > 0);
}

function isSection({ kind }: SettingDescription): boolean {
  return kind === 'section' || kind === 'map of sections';
}

/** The path of the settings directly in a section. */
function placeOf(section: SettingDescription | undefined): string {
  if (section === undefined) return '';
  return section.kind === 'section' ? section.key : `${section.key}.<name>`;
}

function parentOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('.')));
}

function groupMarkdown({ section, settings }: Group): string {
  const title = section === undefined ? '### Top level' : `### \`${placeOf(section)}\`\n\n${section.about}`;
  const rows = settings.map((setting) => [
    `\`${setting.key.slice(setting.key.lastIndexOf('.') + 1)}\``,
    setting.env === undefined ? 'file only' : `\`${setting.env}\``,
    setting.secret ? `${setting.kind}, secret` : setting.kind,
    defaultMarkdown(setting),
    setting.about,
  ]);
  return `${title}\n\n${markdownTable(['Key', 'Variable', 'Value', 'Default', 'What it does'], rows)}`;
}

function defaultMarkdown(setting: SettingDescription): string {
  if (setting.isRequired) return '**required**';
  const text = defaultText(setting.default);
  return text === '' ? 'none' : `\`${text}\``;
}

function exampleEntry({ about, env, default: value, isRequired }: SettingDescription): string {
  return `# ${about}${isRequired ? ' Required when its section is used.' : ''}\n#${env}=${defaultText(value)}`;
}

/** A default as it is written in a variable; a map as `name: text`, for the reference. */
function defaultText(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  if (isRecord(value)) {
    return Object.entries(value)
      .map(([name, item]) => `${name}: ${defaultText(item)}`)
      .join(', ');
  }
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  return typeof value === 'string' ? value : '';
}
