import { element, say } from './element.js';

/**
 * A table that keeps its rows as long as what they show is there: focus and selections stay where they are.
 * @param columns each `{ head, cell(row), isNumber, isName }`; a cell is a text, or an element, which is made once for a
 *   row (`make(row)`), or changed (`update(element, row)`).
 */
export class Table {
  /** @param isSmall whether it has room on a phone as well; others are a card for each row there. */
  constructor(caption, columns, keyOf, { empty = 'Nothing.', isSmall = false } = {}) {
    this.columns = columns;
    this.keyOf = keyOf;
    this.rows = new Map();
    this.body = element('tbody', { role: 'rowgroup' });
    this.empty = element('p', { class: 'empty' }, empty);
    const heads = columns.map(({ head, ...kind }) =>
      element('th', { scope: 'col', role: 'columnheader', class: classOf(kind) }, head),
    );
    const head = element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, heads));
    this.table = element(
      'table',
      { role: 'table', class: isSmall ? undefined : 'cards' },
      element('caption', {}, caption),
      head,
      this.body,
    );
    const scroller = { class: 'scroller', role: 'region', tabindex: '0', 'aria-label': caption };
    this.element = element('div', { class: 'tabled' }, element('div', scroller, this.table), this.empty);
    this.empty.hidden = true;
  }

  show(items) {
    const before = this.rows;
    this.rows = new Map();
    for (const item of items) {
      const key = this.keyOf(item);
      this.rows.set(key, this.filled(before.get(key) ?? this.made(item), item));
      before.delete(key);
    }
    for (const row of before.values()) row.remove();
    this.order([...this.rows.values()]);
    this.empty.hidden = items.length > 0;
  }

  /** Moves only rows that are elsewhere: one that has the focus would lose it. */
  order(rows) {
    rows.forEach((row, index) => {
      if (this.body.children[index] !== row) this.body.insertBefore(row, this.body.children[index] ?? null);
    });
  }

  made(item) {
    const cells = this.columns.map(({ head, isName, make, ...more }) => {
      const kind = isName ? 'th' : 'td';
      const role = isName ? 'rowheader' : 'cell';
      const scope = isName ? 'row' : undefined;
      const attributes = { role, scope, class: classOf(more), 'data-label': head };
      return element(kind, attributes, make ? make(item) : undefined);
    });
    return element('tr', { role: 'row' }, cells);
  }

  filled(row, item) {
    this.columns.forEach(({ cell, update }, index) => {
      const place = row.children[index];
      if (update) update(place.firstChild, item);
      else if (cell) say(place, cell(item));
    });
    return row;
  }
}

function classOf({ isNumber, isActions }) {
  return isNumber ? 'number' : isActions ? 'acts' : undefined;
}
