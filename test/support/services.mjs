/* Makes sure, before the tests, that the programs are there which they start: installs them or says what is missing. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOOLS = [
  {
    names: ['redis-server'],
    variable: 'KITTIWAKE_TEST_REDIS_SERVER',
    aptPackage: 'redis-server',
    hint: 'install Redis 6.2 or later, or set KITTIWAKE_TEST_REDIS_SERVER to its path',
  },
  {
    // Debian's program on the PATH takes the rights of another user; the tests start what it starts.
    names: ['rabbitmq-server', '/usr/lib/rabbitmq/bin/rabbitmq-server', '/usr/sbin/rabbitmq-server'],
    variable: 'KITTIWAKE_TEST_RABBITMQ_SERVER',
    aptPackage: 'rabbitmq-server',
    hint: 'install RabbitMQ 3.8 or later, or set KITTIWAKE_TEST_RABBITMQ_SERVER to its path',
  },
  {
    // Not on everybody's PATH, where Debian has it.
    names: ['nginx', '/usr/sbin/nginx'],
    aptPackage: 'nginx-light',
    hint: 'install nginx, which the tests of streams go through',
  },
  {
    names: ['openssl'],
    aptPackage: 'openssl',
    hint: 'install OpenSSL, which makes the certificates of tests',
  },
  {
    names: ['script'],
    aptPackage: 'bsdutils',
    hint: 'install script (util-linux), which is the terminal of tests',
  },
  {
    names: ['python3'],
    aptPackage: 'python3-minimal',
    hint: 'install Python 3, whose standard library passes file descriptors',
  },
  {
    names: ['/usr/bin/python3'],
    probe: ['-c', 'import django'],
    aptPackage: 'python3-django',
    hint: 'install python3-django, which Debian has for its own Python',
  },
  {
    names: ['php'],
    probe: ['-r', 'new PDO("sqlite::memory:");'],
    aptPackage: 'php-cli php-sqlite3',
    hint: 'install PHP 8.1 or later with its SQLite',
  },
  {
    names: ['ruby'],
    probe: ['-rsqlite3', '-rwebrick', '-e', ''],
    aptPackage: 'ruby ruby-sqlite3 ruby-webrick',
    hint: 'install Ruby 3 with sqlite3 and webrick',
  },
  { names: ['make'], aptPackage: 'make', hint: 'install make, which builds the package usocket' },
  { names: ['g++'], aptPackage: 'g++', hint: 'install a C++ compiler, which builds the package usocket' },
  {
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    aptPackage: 'chromium',
    hint: 'install Chromium or Google Chrome',
  },
];

let missing = TOOLS.filter((tool) => !isThere(tool));
if (missing.length > 0 && canInstall()) {
  install(missing.flatMap(({ aptPackage }) => aptPackage.split(' ')));
  missing = missing.filter((tool) => !isThere(tool));
}
for (const { names, hint } of missing)
  console.error(`The tests need ${names[0]}, which was not found as it should be: ${hint}.`);
if (missing.length > 0 || !hasDescriptors()) process.exit(1);

function isThere({ names, variable, probe }) {
  const chosen = variable === undefined ? undefined : process.env[variable];
  if (chosen !== undefined) return isExecutable(chosen);
  const found = names.find((name) => (isAbsolute(name) ? isExecutable(name) : onPath(name)));
  // A language is of use with its libraries only.
  return found !== undefined && (probe === undefined || spawnSync(found, probe).status === 0);
}

function onPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not executable: both mean no.
    return false;
  }
}

function canInstall() {
  return process.getuid?.() === 0 && onPath('apt-get');
}

/** Quiet unless it fails; what is still missing afterwards is reported by the caller. */
function install(packages) {
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const { status, stdout, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
    if (status === 0) continue;
    process.stderr.write(`apt-get ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}\n`);
    return;
  }
}

/** Compiles the package that passes descriptors, see test/usocket/package.json. */
function hasDescriptors() {
  const folder = fileURLToPath(new URL('../usocket', import.meta.url));
  // What was compiled for another version of Node cannot be loaded.
  const load = ['--eval', `require(${JSON.stringify(join(folder, 'node_modules/usocket'))})`];
  const isLoaded = () => spawnSync(process.execPath, load, { encoding: 'utf8' });
  if (isLoaded().status === 0) return true;
  const args = ['ci', '--no-audit', '--no-fund'];
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  const end = status === 0 ? isLoaded() : { status, stderr: stdout + stderr };
  if (end.status === 0) return true;
  // npm may be configured with the headers of another version (nodedir).
  console.error(`The tests need the package usocket, compiled for Node ${process.version}:\n${end.stderr}`);
  return false;
}
