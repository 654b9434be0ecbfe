/*
 * The measures of the house, which nothing else holds: files per folder, dependencies per constructor, one place for each
 * exported name, and nobody who looks for what it could be given; and that the papers tell of what they are to. With --figures it says how large things are.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';

const PACKAGES = ['src', 'client/src'];
const MOST_FILES = 20;
const MOST_DEPENDENCIES = 4;
/** Classes of Nest that give anything that there is, to whoever asks. */
const LOCATORS = new Set(['ModuleRef', 'ModulesContainer', 'LazyModuleLoader']);

/** Parts of Nest that its documents do not have. */
const INNARDS = /^@nestjs\/(core|common|websockets|microservices)\//;
const DECISION = 'docs/decisions/0009-apis-that-are-not-public.md';

/** What is right all the same, by the measure and the name, and why. */
const EXCEPTIONS = {
  'dependencies Publication':
    'a value, made by its own functions alone, and one for each message: no object around its parts',
  'locator KittiwakeModule': 'it looks whether the app has imported it twice',
};

const packages = PACKAGES.map((folder) => sourcesIn(folder).map(measured));
const files = packages.flat();
const unused = new Set(Object.keys(EXCEPTIONS));
const faults = [
  ...crowdedFolders(),
  ...greedyConstructors(),
  ...locators(),
  ...namesakes(),
  ...unlistedInnards(),
  ...unmappedFolders(),
];
faults.push(...[...unused].map((name) => `exception ${name}: nothing needs it any more`));
if (process.argv.includes('--figures')) figures();
for (const fault of faults) console.error(`  error ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;

function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.spec.ts'))
    .map((name) => join(folder, name));
}

function measured(path) {
  const text = readFileSync(path, 'utf8');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  /** @type {{ path: string, lines: number, classes: { name: string, dependencies: number }[], functions: number[], imports: string[], modules: string[] }} */
  const file = {
    path,
    lines: text.split('\n').length - 1,
    classes: [],
    functions: [],
    imports: [],
    modules: [],
  };
  visit(source, file);
  return { ...file, exports: new Set(source.statements.flatMap(exportedNames)) };
}

function visit(node, file) {
  if (ts.isClassLike(node))
    file.classes.push({ name: node.name?.text ?? '', dependencies: dependenciesOf(node) });
  if (ts.isImportSpecifier(node)) file.imports.push((node.propertyName ?? node.name).text);
  if (ts.isImportDeclaration(node)) file.modules.push(node.moduleSpecifier.text);
  if (ts.isFunctionLike(node) && node.body) file.functions.push(node.body.getText().split('\n').length);
  ts.forEachChild(node, (child) => visit(child, file));
}

function dependenciesOf(node) {
  return node.members.find(ts.isConstructorDeclaration)?.parameters.length ?? 0;
}

/** Of what a statement declares and exports; what is only passed on has its name from elsewhere. */
function exportedNames(statement) {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (!ts.isVariableStatement(statement)) return statement.name ? [statement.name.text] : [];
  return statement.declarationList.declarations.map(({ name }) => name.getText());
}

function filesByFolder() {
  return [...groups(files, ({ path }) => dirname(path))];
}

function groups(items, keyOf) {
  const all = new Map();
  for (const item of items) all.set(keyOf(item), [...(all.get(keyOf(item)) ?? []), item]);
  return all;
}

function crowdedFolders() {
  return filesByFolder()
    .filter(([, { length }]) => length > MOST_FILES)
    .map(
      ([folder, { length }]) =>
        `folder ${folder}: ${length} files, and at most ${MOST_FILES} are clear: cut it by subjects`,
    );
}

function greedyConstructors() {
  return files.flatMap(({ path, classes }) =>
    classes
      .filter(
        ({ name, dependencies }) => dependencies > MOST_DEPENDENCIES && !isExcepted(`dependencies ${name}`),
      )
      .map(
        ({ name, dependencies }) =>
          `dependencies ${name} (${path}): ${dependencies}: a fifth means that a noun is missing`,
      ),
  );
}

function locators() {
  return files.flatMap(({ path, imports, classes }) =>
    imports
      .filter((name) => LOCATORS.has(name) && !classes.some((one) => isExcepted(`locator ${one.name}`)))
      .map((name) => `locator ${path}: it asks ${name} for what it could be given`),
  );
}

/** Of each package by itself: nobody imports from both. */
function namesakes() {
  return packages.flatMap((those) => {
    const places = groups(
      those.flatMap(({ path, exports }) => [...exports].map((name) => ({ name, path }))),
      ({ name }) => name,
    );
    return [...places]
      .filter(([name, { length }]) => length > 1 && !isExcepted(`name ${name}`))
      .map(([name, all]) => `name ${name}: exported by ${all.map(({ path }) => path).join(' and ')}`);
  });
}

/** The files that lean on what is not public, and are not in the list of those. */
function unlistedInnards() {
  const listed = readFileSync(DECISION, 'utf8');
  return files
    .filter(
      ({ path, modules }) =>
        modules.some((name) => INNARDS.test(name)) && !listed.includes(`${basename(path)}\``),
    )
    .map(
      ({ path }) =>
        `innards ${path}: it imports what Nest does not document, and ${DECISION} does not say so`,
    );
}

/** The headings of ARCHITECTURE.md are the folders, and each says in bold which rooms it has. */
function unmappedFolders() {
  const sections = readFileSync('ARCHITECTURE.md', 'utf8').split(/^#+ /m);
  const sectionOf = (folder) => sections.find((section) => section.startsWith(`${folder}\n`));
  return foldersIn('src').flatMap((folder) => {
    const section = sectionOf(folder);
    if (section === undefined) return [`map ${folder}: ARCHITECTURE.md has no heading of it`];
    return foldersIn(join('src', folder))
      .filter((room) => files.some(({ path }) => dirname(path) === join('src', folder, room)))
      .filter((room) => !section.includes(`**${room}**`))
      .map((room) => `map ${folder}/${room}: ARCHITECTURE.md does not say what it is`);
  });
}

function foldersIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function isExcepted(name) {
  unused.delete(name);
  return name in EXCEPTIONS;
}

function figures() {
  const quantiles = (numbers) => {
    const sorted = numbers.toSorted((a, b) => a - b);
    return [0.5, 0.9, 1]
      .map((part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))])
      .join('/');
  };
  console.log(
    `files per folder ${quantiles(filesByFolder().map(([, { length }]) => length))} (median/p90/most)`,
  );
  console.log(`lines per file ${quantiles(files.map(({ lines }) => lines))}`);
  console.log(`lines per function ${quantiles(files.flatMap(({ functions }) => functions))}`);
}
