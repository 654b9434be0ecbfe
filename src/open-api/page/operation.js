import { call } from './call.js';
import { element } from './element.js';
import { Fields } from './fields.js';
import { indented } from './json.js';

const JSON_TYPE = 'application/json';
const LINES_TYPE = 'application/x-ndjson';
/** Of a stream that does not end, the last are shown. */
const MAX_LINES = 1000;

/** What the page says and does of one operation of the document. */
export class OperationView {
  running;

  constructor({ method, path, operation, resolve, authorizationFor }) {
    Object.assign(this, { method, path, operation, resolve, authorizationFor });
    const body = operation.requestBody?.content[JSON_TYPE];
    this.fields = body && new Fields(resolve(body.schema), resolve);
    this.isStream = LINES_TYPE in (resolve(operation.responses[200]).content ?? {});
    this.element = element('details', { 'data-testid': operation.operationId });
    this.element.append(this.summary(), this.content());
  }

  /** What somebody may look for. */
  get text() {
    const { summary, description = '' } = this.operation;
    return `${this.path} ${summary} ${description}`.toLowerCase();
  }

  abort() {
    this.running?.abort();
  }

  summary() {
    return element(
      'summary',
      {},
      element('span', { class: `method ${this.method}` }, this.method.toUpperCase()),
      element('code', {}, this.path),
      ...this.tags().map((tag) => element('span', { class: 'tag' }, tag)),
      element('span', { class: 'about' }, this.operation.summary),
    );
  }

  tags() {
    const names = this.operation.security.flatMap((one) => Object.keys(one));
    const isOpen = this.operation.security.some((one) => Object.keys(one).length === 0) || names.length === 0;
    const access = { apiKey: 'API key', serviceSecret: 'service', token: 'private' };
    return [isOpen ? 'public' : access[names.at(-1)], ...(this.isStream ? ['stream'] : [])];
  }

  content() {
    const { description } = this.operation;
    this.status = element('p', { class: 'status', role: 'status', 'data-testid': 'status' });
    this.output = element('pre', {
      class: 'output',
      tabindex: 0,
      role: 'log',
      'aria-label': 'Results',
      hidden: true,
    });
    return element(
      'div',
      { class: 'content' },
      ...(description ? [element('p', { class: 'description' }, description)] : []),
      this.form(),
      this.status,
      this.output,
      this.answers(),
    );
  }

  form() {
    this.send = element('button', { type: 'submit' }, this.method === 'get' ? 'Get' : 'Call');
    this.stop = element('button', { type: 'button', class: 'quiet', disabled: true }, 'Abort');
    const buttons = element('div', { class: 'buttons' }, this.send, this.stop);
    const form = element('form', { novalidate: true }, ...(this.fields?.elements ?? []), buttons);
    this.stop.addEventListener('click', () => this.abort());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.run();
    });
    return form;
  }

  answers() {
    const rows = Object.entries(this.operation.responses).map(([status, response]) => {
      const { description, content = {} } = this.resolve(response);
      const types = element('span', { class: 'hint' }, Object.keys(content).join(', '));
      return element(
        'tr',
        {},
        element('th', { scope: 'row' }, status),
        element('td', {}, description, ' ', types),
      );
    });
    return element(
      'details',
      { class: 'answers' },
      element('summary', {}, 'Answers'),
      element('table', {}, element('tbody', {}, ...rows)),
    );
  }

  async run() {
    if (this.running) return;
    const request = this.request();
    if (!request) return;
    this.running = new AbortController();
    this.show(true);
    this.say('Running', true);
    const { signal } = this.running;
    const { isOk, text } = await call(this.path, { ...request, signal }, (lines) => this.print(lines));
    this.running = undefined;
    this.finish();
    this.show(false);
    this.say(text, isOk);
  }

  request() {
    this.output.replaceChildren();
    this.output.hidden = true;
    const authorization = this.authorizationFor(this.operation);
    const headers = { Accept: `${LINES_TYPE}, */*`, ...(authorization && { Authorization: authorization }) };
    try {
      const body = this.fields && { body: this.fields.read() };
      return {
        method: this.method.toUpperCase(),
        headers: { ...headers, ...(body && { 'Content-Type': JSON_TYPE }) },
        ...body,
      };
    } catch (error) {
      this.say(error.message, false);
      error.input?.focus();
      return undefined;
    }
  }

  show(isRunning) {
    this.stop.disabled = !isRunning;
    this.send.disabled = isRunning;
  }

  say(text, isOk) {
    this.status.textContent = text;
    this.status.classList.toggle('is-bad', !isOk);
  }

  print(lines) {
    this.output.hidden = false;
    const isAtEnd = this.output.scrollTop + this.output.clientHeight >= this.output.scrollHeight - 4;
    this.output.append(...lines.slice(-MAX_LINES).map((line) => element('div', {}, line)));
    while (this.output.childElementCount > MAX_LINES) this.output.firstElementChild.remove();
    if (isAtEnd) this.output.scrollTop = this.output.scrollHeight;
  }

  /** The only line of an answer is made readable. */
  finish() {
    const [first, ...more] = this.output.children;
    if (first && more.length === 0) first.textContent = indented(first.textContent);
  }
}
