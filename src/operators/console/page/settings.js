import { api } from './api.js';
import { element, field, say } from './element.js';
import { shortNode, shown } from './format.js';
import { head, pill, showPill } from './parts.js';
import { Table } from './table.js';

/** What is in force, and where it came from. */
export class SettingsView {
  constructor() {
    this.find = element('input', { type: 'search', spellcheck: 'false', autocomplete: 'off' });
    this.isSet = element('input', { type: 'checkbox' });
    for (const control of [this.find, this.isSet]) control.addEventListener('input', () => this.filter());
    this.count = element('p', { class: 'count', role: 'status' });
    this.table = new Table('Settings', [ABOUT, ...COLUMNS], ({ key }) => key, {
      empty: 'No setting is like that.',
    });
    this.differences = new Table(
      'What other nodes have otherwise',
      [NODE, SETTING, ...COLUMNS],
      ({ node, key }) => `${node} ${key}`,
    );
    this.others = element('section', { class: 'card', hidden: true }, this.differences.element);
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
      this.others,
      element('section', { class: 'card' }, this.table.element),
    );
  }

  async read(signal) {
    const answer = await api.read('config', {}, signal);
    this.settings = answer.settings;
    this.filter();
    this.others.hidden = answer.differences.length === 0;
    this.differences.show(answer.differences);
    return answer;
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

const ABOUT = {
  head: 'Setting',
  isName: true,
  make: ({ key, about }) =>
    element(
      'span',
      { class: 'stacked' },
      element('b', { class: 'code' }, key),
      element('small', {}, worded(about)),
    ),
};

const NODE = {
  head: 'Node',
  isName: true,
  make: ({ node }) => element('b', { title: node }, shortNode(node)),
};

const SETTING = { head: 'Setting', make: ({ key }) => element('span', { class: 'code' }, key) };

const COLUMNS = [
  {
    head: 'Value',
    make: () => element('span', { class: 'code value' }),
    update: (one, { value }) => say(one, value === undefined ? '–' : shown(value)),
  },
  {
    head: 'From',
    make: () => element('span', { class: 'stacked' }, pill(), element('small', { class: 'code' })),
    update: (one, { source }) => {
      showPill(one.firstChild, source?.kind ?? 'not configured', source?.kind === 'default' ? '' : 'info');
      say(one.lastChild, source?.name ?? '');
    },
  },
];

/** What is between backticks is code. */
function worded(text) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? element('code', {}, part) : part));
}
