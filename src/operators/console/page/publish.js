import { api } from './api.js';
import { element, field } from './element.js';
import { head } from './parts.js';

const FULL = 'This takes a key with full access (operators.keys).';

/** Publishing and triggering by hand. */
export class PublishView {
  constructor({ session, notice }) {
    this.notice = notice;
    this.mayAct = session.access === 'full';
    const { services, rooms } = session;
    this.element = element(
      'div',
      {},
      head('Publish & trigger', 'By hand, to all nodes. The log has who did it, without the data.'),
      this.mayAct ? undefined : element('p', { class: 'notice warning' }, FULL),
      element('div', { class: 'two' }, this.publishing(services), rooms && this.triggering()),
    );
  }

  publishing(services) {
    const names = element(
      'datalist',
      { id: 'services' },
      services.map((name) => element('option', { value: `${name}.` })),
    );
    const topic = input({ list: 'services', placeholder: `${services[0] ?? 'books'}.1` });
    const data = area('{"price": 7.5}');
    const key = input({ required: false, maxlength: '255' });
    const act = () =>
      this.done('publish', publication(topic.value, data.value, key.value), ({ position, repeated }) =>
        position === undefined
          ? `Published to ${topic.value}.`
          : `Published${repeated ? ' before' : ''} to ${topic.value}, at ${position}.`,
      );
    return this.form(
      'Publish to a topic',
      [
        field('Topic', topic),
        names,
        field('Data, as JSON', data),
        field('Idempotency key', key, 'Optional: a repeat does no harm, where a history is kept.'),
      ],
      'Publish',
      act,
    );
  }

  triggering() {
    const room = area('{"room": 1}', 3);
    const data = area('{"price": 7.5}');
    const act = () =>
      this.done('trigger', trigger(room.value, data.value), ({ reached }) =>
        reached === 1
          ? 'Triggered: one subscription of the node that was asked was reached.'
          : `Triggered: ${reached} subscriptions of the node that was asked were reached.`,
      );
    return this.form(
      'Trigger a room',
      [field('Room, as JSON', room, 'An object; or a list of several.'), field('Data, as JSON', data)],
      'Trigger',
      act,
    );
  }

  form(title, fields, verb, act) {
    const submit = (event) => {
      event.preventDefault();
      void act();
    };
    const send = element('button', { class: 'primary', disabled: !this.mayAct }, verb);
    return element(
      'form',
      { class: 'card stack', onsubmit: submit },
      element('h2', {}, title),
      fields,
      element('div', { class: 'row' }, send),
    );
  }

  async done(name, body, tell) {
    try {
      this.notice(tell(await api.act(name, body())));
    } catch (error) {
      this.notice(
        error instanceof SyntaxError ? `The JSON is wrong: ${error.message}` : error.message,
        'bad',
      );
    }
  }
}

/** The text of a publication: numbers of its data keep their digits. */
function publication(topic, data, key) {
  return () => {
    JSON.parse(data);
    const keyed = key === '' ? '' : `,"idempotency_key":${JSON.stringify(key)}`;
    return `{"subscription":${JSON.stringify(topic)},"data":${data}${keyed}}`;
  };
}

function trigger(room, data) {
  return () => {
    JSON.parse(data);
    return `{"rooms":${Array.isArray(JSON.parse(room)) ? room : `[${room}]`},"data":${data}}`;
  };
}

function input(attributes) {
  return element('input', {
    type: 'text',
    required: true,
    spellcheck: 'false',
    autocomplete: 'off',
    ...attributes,
  });
}

function area(placeholder, rows = 5) {
  return element('textarea', { required: true, rows, spellcheck: 'false', placeholder });
}
