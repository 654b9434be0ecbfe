/** The books, every change of one, and who is here. */
export const BOOKS_TOPIC = 'books.all';
