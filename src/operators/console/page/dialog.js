import { element } from './element.js';
import { button } from './parts.js';

/** Shows something over the page. Escape closes it, and the focus goes back to where it was. */
export function open(title, ...children) {
  const close = button('Close', () => dialog.close(), { class: 'quiet' });
  const dialog = shown(title, element('div', { class: 'top' }, element('h2', {}, title), close), ...children);
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
    const dialog = shown(
      title,
      element('h2', {}, title),
      element('p', {}, text),
      element('div', { class: 'row end' }, cancel, act),
    );
    dialog.addEventListener('close', () => resolve(isMeant));
  });
}

/** One of its own each time: a dialog tells that it was closed some time later, when the next may be open. */
function shown(title, ...children) {
  const dialog = element('dialog', { 'aria-label': title }, ...children);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
