import { drawing, element, say } from './element.js';
import { percent } from './format.js';

/** The head of a view, which gets the focus when it is opened. */
export function head(title, about, ...more) {
  return element(
    'div',
    { class: 'head' },
    element('div', {}, element('h1', { tabindex: '-1' }, title), element('p', { class: 'about' }, about)),
    ...more,
  );
}

/** A figure, with what it was before as a line. */
export class Tile {
  constructor(label, { hasLine = false } = {}) {
    this.value = element('dd', {}, '–');
    this.note = element('dd', { class: 'note' });
    this.line = hasLine ? new Line() : undefined;
    this.element = element(
      'div',
      { class: 'tile' },
      element('dt', {}, label),
      this.value,
      this.note,
      this.line?.element,
    );
  }

  show(text, { note = '', value, state } = {}) {
    say(this.value, text);
    say(this.note, note);
    this.element.dataset.state = state ?? '';
    if (value !== undefined) this.line?.add(value);
  }
}

const POINTS = 60;
const WIDTH = 120;
const HEIGHT = 28;

/** The latest values as a line; it says nothing to who hears the page, which has the figure. */
class Line {
  constructor() {
    this.values = [];
    this.path = drawing('path', { class: 'line' });
    this.area = drawing('path', { class: 'area' });
    const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' };
    this.element = drawing('svg', { class: 'spark', ...box }, this.area, this.path);
  }

  add(value) {
    this.values = [...this.values, value].slice(-POINTS);
    if (this.values.length < 2) return;
    const most = Math.max(...this.values, 1e-9);
    const points = this.values.map((one, index) => {
      const x = WIDTH - (this.values.length - 1 - index) * (WIDTH / (POINTS - 1));
      return `${x.toFixed(1)},${(HEIGHT - 2 - (one / most) * (HEIGHT - 5)).toFixed(1)}`;
    });
    this.path.setAttribute('d', `M${points.join('L')}`);
    const [first] = points[0].split(',');
    this.area.setAttribute('d', `M${first},${HEIGHT}L${points.join('L')}L${WIDTH},${HEIGHT}Z`);
  }
}

/** A share as a bar with its figure. */
export function bar() {
  const text = element('span', {}, '–');
  return element(
    'span',
    { class: 'bar-cell' },
    element('span', { class: 'bar', 'aria-hidden': 'true' }, element('i')),
    text,
  );
}

/** @param high above which it is a warning. */
export function showBar(one, share, text = percent(share), high = 0.8) {
  const [track, label] = one.children;
  say(label, text);
  track.firstChild.style.setProperty('inline-size', `${Math.min(100, Math.max(0, (share ?? 0) * 100))}%`);
  track.dataset.state = share > high ? 'bad' : share > high * 0.75 ? 'fair' : 'good';
}

/** A state in a word. */
export function pill() {
  return element('span', { class: 'pill' });
}

export function showPill(one, text, state) {
  say(one, text);
  one.dataset.state = state;
}

/** Counts by name as bars, the most first. */
export class Bars {
  constructor(title, empty) {
    this.list = element('ul', { class: 'bars' });
    this.empty = element('p', { class: 'empty' }, empty);
    this.element = element('section', { class: 'card' }, element('h2', {}, title), this.list, this.empty);
  }

  show(counts, note = () => '') {
    const items = Object.entries(counts)
      .filter(([, count]) => count > 0)
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, 12);
    const [, most = 1] = items[0] ?? [];
    this.empty.hidden = items.length > 0;
    this.list.replaceChildren(
      ...items.map(([name, count]) => {
        const track = element('i');
        track.style.setProperty('inline-size', `${(100 * count) / most}%`);
        const told = element('b', {}, count.toLocaleString('en'));
        return element(
          'li',
          {},
          element('span', { class: 'name' }, name),
          told,
          element('small', {}, note(name)),
          element('span', { class: 'bar', 'aria-hidden': 'true' }, track),
        );
      }),
    );
  }
}

/** A button. */
export function button(text, onclick, attributes = {}) {
  return element('button', { type: 'button', onclick, ...attributes }, text);
}
