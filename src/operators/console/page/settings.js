import { api } from './api.js';
import { element, field, say } from './element.js';
import { shown } from './format.js';
import { head, pill, showPill } from './parts.js';
import { Table } from './table.js';

const SOURCES = { default: 'default', file: 'file', variable: 'variable', option: 'option' };

/** What is in force, and where it came from. */
export class SettingsView {
  constructor() {
    this.find = element('input', { type: 'search', spellcheck: 'false', autocomplete: 'off' });
    this.isSet = element('input', { type: 'checkbox' });
    for (const control of [this.find, this.isSet]) control.addEventListener('input', () => this.filter());
    this.count = element('p', { class: 'count', role: 'status' });
    this.table = new Table('Settings', COLUMNS, ({ key }) => key, { empty: 'No setting is like that.' });
    this.settings = [];
    this.element = element(
      'div',
      {},
      head(
        'Configuration',
        'The settings in force on the node that answers, and where each came from. Secrets are masked.',
      ),
      element(
        'form',
        { class: 'row filter', role: 'search', onsubmit: (event) => event.preventDefault() },
        field('Find', this.find),
        element('label', { class: 'check' }, this.isSet, 'Only what is set'),
        this.count,
      ),
      element('section', { class: 'card' }, this.table.element),
    );
  }

  async read(signal) {
    this.settings = (await api.read('config', {}, signal)).settings;
    this.filter();
  }

  filter() {
    const words = this.find.value.toLowerCase().split(' ');
    const found = this.settings.filter(
      ({ key, about, source }) =>
        words.every((word) => `${key} ${about}`.toLowerCase().includes(word)) &&
        !(this.isSet.checked && source.kind === 'default'),
    );
    this.table.show(found);
    say(this.count, `${found.length} of ${this.settings.length}`);
  }
}

const COLUMNS = [
  {
    head: 'Setting',
    isName: true,
    make: ({ key, about }) =>
      element(
        'span',
        { class: 'stacked' },
        element('b', { class: 'code' }, key),
        element('small', {}, worded(about)),
      ),
  },
  {
    head: 'Value',
    make: () => element('span', { class: 'code value' }),
    update: (one, { value }) => say(one, value === undefined ? '–' : shown(value)),
  },
  {
    head: 'From',
    make: () => element('span', { class: 'stacked' }, pill(), element('small', { class: 'code' })),
    update: (one, { source: { kind, name = '' } }) => {
      showPill(one.firstChild, SOURCES[kind], kind === 'default' ? '' : 'info');
      say(one.lastChild, name);
    },
  },
];

/** What is between backticks is code. */
function worded(text) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? element('code', {}, part) : part));
}
