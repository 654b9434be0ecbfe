const BASE = 'console/api/';
const STORED = 'kittiwake-console-key';

/** What the gateway refused. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Asks the API of the console. The key is kept by this tab alone, until it is closed. */
export const api = {
  get hasKey() {
    return sessionStorage.getItem(STORED) !== null;
  },

  setKey(key) {
    if (key === undefined) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, key);
  },

  async read(name, query = {}, signal) {
    return answerOf(await fetch(urlOf(name, query), { headers: headers(), signal }));
  },

  /** @param body an object, or the text of one, whose digits stay as they are. */
  async act(name, body) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const init = {
      method: 'POST',
      headers: { ...headers(), 'Content-Type': 'application/json' },
      body: text,
    };
    return answerOf(await fetch(BASE + name, init));
  },

  /** Events as they come, each `[name, data]`, until the signal is aborted. */
  async *follow(query, signal) {
    const response = await fetch(urlOf('tail', query), { headers: headers(), signal });
    if (!response.ok) await answerOf(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (text + value).split('\n\n');
      text = events.pop();
      for (const event of events) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
        if (name) yield [name, JSON.parse(data)];
      }
    }
  },
};

function headers() {
  const key = sessionStorage.getItem(STORED);
  return key === null ? {} : { Authorization: `Bearer ${key}` };
}

function urlOf(name, query) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return `${BASE}${name}?${new URLSearchParams(given)}`;
}

async function answerOf(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer.error ?? `status ${response.status}`);
  return answer;
}
