/**
 * Where the description of the gateway is. Not below the path of procedures, where `openapi.json` may be the name of one,
 * and not at the root, where an app that imports Kittiwake may have a document of its own.
 */
export const OPEN_API_PATH = 'kittiwake';
export const DOCUMENT_FILE = 'openapi.json';
export const DOCUMENT_PATH = `/${OPEN_API_PATH}/${DOCUMENT_FILE}`;
