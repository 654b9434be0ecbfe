import { readFile } from 'node:fs/promises';
import type { OperatorAnswer, OperatorEndpoint } from '../endpoints/operator-endpoint.js';
import { OPERATOR_PATHS } from '../config/operator-paths.js';

const INDEX = 'index.html';
const HTML = 'text/html; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const SCRIPTS = ['main.js', 'operation.js', 'fields.js', 'call.js', 'json.js', 'element.js'];

/** Nothing but what comes from here, and no scripts but files. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** A page that shows the document and calls what is in it, for development; and the files of the page. */
export function openApiPage(): OperatorEndpoint[] {
  const { page } = OPERATOR_PATHS;
  return [
    fileAt(page, INDEX, HTML),
    // Its files are found relative to its path, as nothing else is known of where it is.
    { path: `${page}/`, answer: () => redirect(`..${page}`) },
    fileAt(`${page}/style.css`, 'style.css', STYLE),
    ...SCRIPTS.map((name) => fileAt(`${page}/${name}`, name, SCRIPT)),
  ];
}

function fileAt(path: string, name: string, mediaType: string): OperatorEndpoint {
  let read: Promise<string> | undefined;
  const answer = async (): Promise<OperatorAnswer> => {
    read ??= readFile(new URL(`page/${name}`, import.meta.url), 'utf8');
    return { status: 200, headers: { ...HEADERS, 'Content-Type': mediaType }, body: await read };
  };
  return { path, answer };
}

function redirect(location: string): OperatorAnswer {
  return { status: 302, headers: { Location: location }, body: '' };
}
