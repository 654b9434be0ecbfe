import { element } from './element.js';
import { button } from './parts.js';

const dialog = document.getElementById('dialog');

/** Shows something over the page. Escape closes it, and the focus goes back to where it was. */
export function open(title, ...children) {
  const close = button('Close', () => dialog.close(), { class: 'quiet' });
  const top = element('div', { class: 'top' }, element('h2', { id: 'dialog-title' }, title), close);
  dialog.replaceChildren(top, ...children);
  dialog.showModal();
  return { close: () => dialog.close() };
}

/** Asks before something is done. @returns whether it is to be done. */
export function confirmed(title, text, verb) {
  return new Promise((resolve) => {
    let isMeant = false;
    const act = button(
      verb,
      () => {
        isMeant = true;
        dialog.close();
      },
      { class: 'danger' },
    );
    const cancel = button('Cancel', () => dialog.close(), { autofocus: true });
    dialog.replaceChildren(
      element('h2', { id: 'dialog-title' }, title),
      element('p', {}, text),
      element('div', { class: 'row end' }, cancel, act),
    );
    dialog.addEventListener('close', () => resolve(isMeant), { once: true });
    dialog.showModal();
  });
}
