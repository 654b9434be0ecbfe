const SVG = 'http://www.w3.org/2000/svg';

/** An element with attributes, listeners (`onclick`) and children; what is text stays text. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** As `element`, of a drawing. */
export function drawing(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, '');
    else if (value !== false && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return made;
}

/** Sets the text of an element, if it is another one: a selection in it is kept. */
export function say(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

/** A field with its label. */
export function field(label, control, hint) {
  const id = `f${++count}`;
  control.id = id;
  const told = hint && element('small', { id: `${id}-hint`, class: 'hint' }, hint);
  if (told) control.setAttribute('aria-describedby', told.id);
  return element('div', { class: 'field' }, element('label', { for: id }, label), control, told || undefined);
}

let count = 0;

/** A choice of some. @param options of value and text. */
export function select(options, attributes = {}) {
  return element(
    'select',
    attributes,
    options.map(([value, text]) => element('option', { value }, text)),
  );
}
