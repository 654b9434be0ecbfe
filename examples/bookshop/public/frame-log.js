const MAX_FRAMES = 20;
const MAX_CHARACTERS = 600;
const time = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

/** The last frames, newest first, so that a developer sees the protocol at work. */
export class FrameLog {
  #list;

  /** @param {HTMLOListElement} list */
  constructor(list) {
    this.#list = list;
  }

  /** @param {'sent' | 'received'} direction @param {object} frame */
  add(direction, frame) {
    const item = document.createElement('li');
    item.className = direction;
    item.dataset.testid = 'frame';
    item.append(
      textElement('b', direction === 'sent' ? '↑' : '↓'),
      textElement('time', time.format(new Date())),
      textElement('code', textOf(frame)),
    );
    item.firstChild.ariaLabel = direction;
    this.#list.prepend(item);
    while (this.#list.childElementCount > MAX_FRAMES) this.#list.lastElementChild.remove();
  }
}

function textOf(frame) {
  // Indented, then put on one line: that leaves a space after each member, where a narrow screen can break it.
  const text = JSON.stringify(frame, null, 1).replaceAll(/\n\s*/g, ' ');
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

/** @param {string} tag @param {string} text */
export function textElement(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
