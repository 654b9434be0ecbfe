import { readFile } from 'node:fs/promises';
import type { OperatorAnswer, OperatorEndpoint } from './operator-endpoint.js';

const INDEX = 'index.html';
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

/** Nothing but what comes from here, and no scripts but files. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * A page for operators, and the files that it loads, which are below its path.
 * @param folder has `index.html` and the files. It ends with a slash.
 */
export function staticPage(path: string, folder: URL, files: readonly string[]): OperatorEndpoint[] {
  return [
    fileAt(path, new URL(INDEX, folder)),
    // Its files are found relative to its path, as nothing else is known of where it is.
    { path: `${path}/`, answer: () => redirect(`..${path}`) },
    ...files.map((name) => fileAt(`${path}/${name}`, new URL(name, folder))),
  ];
}

function fileAt(path: string, file: URL): OperatorEndpoint {
  let read: Promise<string> | undefined;
  const type = MEDIA_TYPES[file.pathname.slice(file.pathname.lastIndexOf('.') + 1)]!;
  const answer = async (): Promise<OperatorAnswer> => {
    read ??= readFile(file, 'utf8');
    return { status: 200, headers: { ...HEADERS, 'Content-Type': type }, body: await read };
  };
  return { path, answer };
}

function redirect(location: string): OperatorAnswer {
  return { status: 302, headers: { Location: location }, body: '' };
}
