import { createClient, kept, stream } from 'kittiwake-client';

const GATEWAY = '{{gateway}}';
const client = createClient({ url: `${GATEWAY}/ws` });

/** @param {string} name */
const element = (name) => /** @type {HTMLElement} */ (document.querySelector(`[data-testid="${name}"]`));

/** @type {ReturnType<typeof answering> | undefined} */
let answer;
const answering = () => stream(client, 'answer', ['Who are you?'], { resumable: kept('answer') });

/** Shows the answer of the client; once its id is there, an EventSource shows the same call beside it. */
async function show() {
  answer = answering();
  element('client').textContent = element('event-source').textContent = '';
  element('state').textContent = 'answering';
  sessionStorage.setItem('is-asked', 'yes');
  /** @type {EventSource | undefined} */
  let beside;
  try {
    for await (const word of answer) {
      element('client').append(String(word));
      beside ??= watch(String(answer.call));
    }
    element('state').textContent = 'complete';
  } catch (error) {
    element('state').textContent = error instanceof Error ? error.message : String(error);
  }
  sessionStorage.removeItem('is-asked');
}

/** It comes back by itself with `Last-Event-ID`. @param {string} call */
function watch(call) {
  const source = new EventSource(`${GATEWAY}/rpc/calls/${call}`);
  source.addEventListener('message', ({ data }) => element('event-source').append(JSON.parse(data)));
  source.addEventListener('end', () => source.close());
  source.addEventListener('error', (event) => 'data' in event && source.close());
  return source;
}

element('ask').addEventListener('click', () => void show());
element('stop').addEventListener('click', () => void answer?.cancel());
// After a reload it goes on; without that, a call would begin.
if (sessionStorage.getItem('is-asked')) void show();
