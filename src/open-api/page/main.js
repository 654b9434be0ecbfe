import { element } from './element.js';
import { OperationView } from './operation.js';

const DOCUMENT = 'openapi.json';

const byId = (id) => document.getElementById(id);
let views = [];

byId('credentials').addEventListener('submit', (event) => {
  event.preventDefault();
  void load();
});
byId('filter').addEventListener('input', filter);
void load();

/** Asks for the document, and shows what is in it. */
async function load() {
  const token = byId('secret').value;
  const headers = token === '' ? {} : { Authorization: `Bearer ${token}` };
  try {
    const response = await fetch(DOCUMENT, { headers });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error ?? answer.message);
    notice('');
    show(answer);
  } catch (error) {
    notice(`The document cannot be had: ${error.message}`);
  }
}

function notice(text) {
  byId('notice').textContent = text;
}

function show(api) {
  const open = new Set(
    views.filter(({ element }) => element.open).map(({ operation }) => operation.operationId),
  );
  for (const view of views) view.abort();
  views = viewsOf(api);
  for (const view of views) view.element.open = open.has(view.operation.operationId);
  byId('version').textContent = api.info.version;
  byId('sections').replaceChildren(...api.tags.map((tag) => sectionOf(tag)).filter(Boolean));
  filter();
}

function viewsOf(api) {
  const resolve = (part) => (part.$ref ? at(api, part.$ref) : part);
  return Object.entries(api.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, operation]) => new OperationView({ method, path, operation, resolve, authorizationFor }),
    ),
  );
}

function sectionOf({ name, description }) {
  const own = views.filter(({ operation }) => operation.tags.includes(name));
  if (own.length === 0) return undefined;
  return element(
    'section',
    {},
    element('h2', {}, name),
    element('p', { class: 'hint' }, description),
    ...own.map((view) => view.element),
  );
}

/** What a reference such as #/components/schemas/Bytes means. */
function at(api, reference) {
  return reference
    .slice('#/'.length)
    .split('/')
    .reduce((part, key) => part[key], api);
}

/** The secret is found in any header; so one field is enough for it and for tokens. */
function authorizationFor({ security }) {
  const takesApiKey = security.some((one) => 'apiKey' in one);
  const isOpen = security.length === 0;
  const token = byId(takesApiKey ? 'api-key' : 'secret').value;
  return isOpen || token === '' ? undefined : `Bearer ${token}`;
}

function filter() {
  const words = byId('filter').value.toLowerCase().split(' ');
  let count = 0;
  for (const view of views) {
    const isMeant = words.every((word) => view.text.includes(word));
    view.element.hidden = !isMeant;
    if (isMeant) count++;
  }
  byId('count').textContent = `${count} of ${views.length}`;
}
