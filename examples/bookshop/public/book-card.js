const euros = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });
const HIGHLIGHT_MS = 2500;
const FIELDS = ['title', 'author', 'price', 'stock'];

const shown = {
  title: (title) => title,
  author: (author) => author,
  price: (price) => euros.format(price),
  stock: (stock) => (stock === 0 ? 'Sold out' : `${stock} in stock`),
};

/** One book on the page, and the form that edits it. Text from users only ever becomes `textContent` or `value`. */
export class BookCard {
  #book;
  #form;
  #view;
  #note;
  #editButton;
  #isSaving = false;
  #opened;

  /**
   * @param {HTMLTemplateElement} template
   * @param {object} book
   * @param {(id: string, changes: object) => Promise<unknown>} save
   */
  constructor(template, book, save) {
    this.element = template.content.firstElementChild.cloneNode(true);
    this.element.dataset.testid = `book-${book.id}`;
    this.element.style.setProperty('--hue', String((Number(book.id) * 67) % 360));
    this.#view = this.element.querySelector('.book-view');
    this.#form = this.element.querySelector('form');
    this.#note = this.element.querySelector('.form-note');
    this.#editButton = this.element.querySelector('[data-action=edit]');
    this.#nameForTests(book.id);
    this.#editButton.addEventListener('click', () => this.#open());
    this.element.querySelector('[data-action=cancel]').addEventListener('click', () => this.#close());
    this.#form.addEventListener('keydown', (event) => event.key === 'Escape' && this.#close());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#save(save);
    });
    this.update(book);
  }

  get book() {
    return this.#book;
  }

  /** Shows a newer state of the book, and marks for a moment what is new. */
  update(book) {
    const before = this.#book;
    this.#book = book;
    this.#editButton.setAttribute('aria-label', `Edit ${book.title}`);
    for (const field of FIELDS) {
      const element = this.#view.querySelector(`[data-field=${field}]`);
      element.textContent = shown[field](book[field]);
      if (before && before[field] !== book[field]) this.#highlight(element);
    }
    const isElsewhere = before && !this.#form.hidden && !this.#isSaving && before.version !== book.version;
    if (isElsewhere) this.#note.textContent = `Somebody changed this book meanwhile: ${this.#summary()}.`;
  }

  /** Editing needs a connection, and the role of an editor. */
  set canEdit(canEdit) {
    this.#editButton.disabled = !canEdit;
    this.#form.querySelector('[type=submit]').disabled = !canEdit;
  }

  #open() {
    this.#opened = this.#book;
    for (const field of FIELDS) this.#form.elements[field].value = String(this.#book[field]);
    this.#note.textContent = '';
    this.#form.hidden = false;
    this.#editButton.hidden = true;
    this.#form.elements.title.focus();
  }

  #close() {
    this.#form.hidden = true;
    this.#editButton.hidden = false;
    this.#editButton.focus();
  }

  async #save(save) {
    const changes = this.#changes();
    if (Object.keys(changes).length === 0) return this.#close();
    this.#isSaving = true;
    this.#note.textContent = 'Saving…';
    try {
      await save(this.#book.id, changes);
      this.#close();
    } catch (error) {
      this.#note.textContent = error.message;
      this.#form.elements[error.data?.field]?.focus();
    } finally {
      this.#isSaving = false;
    }
  }

  /** Only what was edited here, so that two people who edit different fields do not undo each other's work. */
  #changes() {
    const { title, author, price, stock } = this.#form.elements;
    const edited = {
      title: title.value.trim(),
      author: author.value.trim(),
      price: numberOf(price.value.replace(',', '.')),
      stock: numberOf(stock.value),
    };
    return Object.fromEntries(
      Object.entries(edited).filter(([field, value]) => value !== this.#opened[field]),
    );
  }

  #summary() {
    return FIELDS.map((field) => shown[field](this.#book[field])).join(' · ');
  }

  #highlight(element) {
    for (const marked of [element, this.element]) {
      marked.classList.remove('changed');
      // Reading the layout makes the browser start the animation over.
      void marked.offsetWidth;
      marked.classList.add('changed');
      clearTimeout(marked.changedTimer);
      marked.changedTimer = setTimeout(() => marked.classList.remove('changed'), HIGHLIGHT_MS);
    }
  }

  #nameForTests(id) {
    for (const field of FIELDS) {
      this.#view.querySelector(`[data-field=${field}]`).dataset.testid = `book-${id}-${field}`;
      this.#form.elements[field].dataset.testid = `book-${id}-${field}-input`;
    }
    this.#editButton.dataset.testid = `book-${id}-edit`;
    this.#note.dataset.testid = `book-${id}-note`;
    this.#form.querySelector('[type=submit]').dataset.testid = `book-${id}-save`;
    this.#form.querySelector('[data-action=cancel]').dataset.testid = `book-${id}-cancel`;
  }
}

/** A number, or the text that is none: then the app says what is wrong with it. */
function numberOf(text) {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}
