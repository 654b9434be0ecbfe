/**
 * @typedef {object} Book
 * @property {string} id
 * @property {string} title
 * @property {string} author
 * @property {number} price In euros, with at most two decimals.
 * @property {number} stock
 * @property {number} version The version of the shop that this book was last changed in.
 */

/** A value that a book cannot have; `field` says which, if it is one. */
export class InvalidBookError extends Error {
  /** @param {string} message @param {string} [field] */
  constructor(message, field) {
    super(message);
    this.field = field;
  }
}

/**
 * The books of the shop, in memory. Every change gives the shop a new version, which is the `order` of the
 * publication: a client that has seen version 8 is never shown version 7.
 */
export class Books {
  /** @type {Map<string, Book>} */
  #books = new Map();
  // Not 1: clients remember the highest order they saw, and would ignore a restarted shop that counts from the start.
  #version = Date.now();
  #onChange;

  /** @param {(book: Book, by: string | null) => void} onChange Told of each change, and who made it. */
  constructor(onChange) {
    this.#onChange = onChange;
    for (const [index, book] of FIRST_BOOKS.entries()) {
      const id = String(index + 1);
      this.#books.set(id, { id, ...book, version: this.#version });
    }
  }

  /** Goes up by one with each change. */
  get version() {
    return this.#version;
  }

  list() {
    return [...this.#books.values()];
  }

  /** @param {unknown} id */
  get(id) {
    return typeof id === 'string' ? this.#books.get(id) : undefined;
  }

  /**
   * Changes the given fields of a book. Values are absolute, so a repeated call does no harm: Kittiwake tries a
   * callback again when it got no answer.
   * @param {Book} book
   * @param {unknown} changes Some of `title`, `author`, `price` and `stock`.
   * @param {string | null} by Who changes it.
   * @throws {InvalidBookError} and changes nothing, when one of them is not acceptable.
   */
  update(book, changes, by) {
    const fields = fieldsOf(changes);
    if (fields.every(([name, value]) => book[name] === value)) return book;
    const changed = { ...book, ...Object.fromEntries(fields), version: ++this.#version };
    this.#books.set(book.id, changed);
    this.#onChange(changed, by);
    return changed;
  }
}

/** @typedef {'title' | 'author' | 'price' | 'stock'} FieldName */

const RULES = { title: text(120), author: text(80), price, stock };

/** @param {unknown} changes @returns {[FieldName, string | number][]} */
function fieldsOf(changes) {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) {
    throw new InvalidBookError('The changes must be an object.');
  }
  const entries = Object.entries(changes);
  if (entries.length === 0)
    throw new InvalidBookError(`Give at least one of: ${Object.keys(RULES).join(', ')}.`);
  return entries.map(([name, value]) => {
    if (!isFieldName(name))
      throw new InvalidBookError(`A book can change its ${Object.keys(RULES).join(', ')}.`);
    return [name, RULES[name](value, name)];
  });
}

/** @param {string} name @returns {name is FieldName} */
function isFieldName(name) {
  return Object.hasOwn(RULES, name);
}

/** @param {number} maxLength @returns {(value: unknown, name: string) => string} */
function text(maxLength) {
  return (value, name) => {
    const trimmed = typeof value === 'string' ? value.trim() : '';
    if (trimmed === '' || trimmed.length > maxLength || /\p{Cc}/u.test(trimmed)) {
      throw new InvalidBookError(`The ${name} must be one line of 1 to ${maxLength} characters.`, name);
    }
    return trimmed;
  };
}

/** @param {unknown} value */
function price(value) {
  const isPrice =
    typeof value === 'number' && value >= 0 && value <= 1000 && Number(value.toFixed(2)) === value;
  if (!isPrice)
    throw new InvalidBookError('The price must be 0 to 1000, with at most two decimals.', 'price');
  return value;
}

/** @param {unknown} value */
function stock(value) {
  const isStock = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 9999;
  if (!isStock) throw new InvalidBookError('The stock must be a whole number, 0 to 9999.', 'stock');
  return value;
}

const FIRST_BOOKS = [
  { title: 'Moby-Dick', author: 'Herman Melville', price: 12.5, stock: 4 },
  { title: 'Twenty Thousand Leagues Under the Sea', author: 'Jules Verne', price: 9.9, stock: 7 },
  { title: 'The Voyage of the Beagle', author: 'Charles Darwin', price: 14, stock: 2 },
  { title: 'Treasure Island', author: 'Robert Louis Stevenson', price: 8.25, stock: 11 },
  { title: 'The Odyssey', author: 'Homer', price: 11, stock: 5 },
  { title: 'To the Lighthouse', author: 'Virginia Woolf', price: 10.75, stock: 3 },
];
