import { OPERATOR_PATHS } from '../config/operator-paths.js';
import type { OperatorEndpoint } from '../endpoints/operator-endpoint.js';
import { staticPage } from '../endpoints/static-page.js';

const FILES = ['style.css', 'main.js', 'operation.js', 'fields.js', 'call.js', 'json.js', 'element.js'];

/** A page that shows the document and calls what is in it, for development; and the files of the page. */
export function openApiPage(): OperatorEndpoint[] {
  return staticPage(OPERATOR_PATHS.page, new URL('page/', import.meta.url), FILES);
}
