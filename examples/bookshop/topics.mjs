/** The books, and every change of one. */
export const BOOKS_TOPIC = 'books.all';

/** Who is subscribed to the books. */
export const READERS_TOPIC = 'readers.all';
