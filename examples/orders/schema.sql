-- The tables of the shop, for every recipe that has SQLite.
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY,
  customer TEXT NOT NULL,
  book TEXT NOT NULL,
  status TEXT NOT NULL,
  version INTEGER NOT NULL -- one more with each change: what Kittiwake is told as "order"
);
CREATE TABLE IF NOT EXISTS stock (
  book TEXT PRIMARY KEY,
  copies INTEGER NOT NULL CHECK (copies >= 0)
);
-- What Kittiwake has not been told yet. It is written with the change that it tells of, in one transaction.
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL,
  body TEXT NOT NULL
);
-- Who is logged in. The session is as secret as a password; the login names it to Kittiwake.
CREATE TABLE IF NOT EXISTS logins (
  login TEXT PRIMARY KEY,
  session TEXT NOT NULL UNIQUE,
  customer TEXT NOT NULL
);
-- Tickets that were not used yet.
CREATE TABLE IF NOT EXISTS tickets (
  ticket TEXT PRIMARY KEY,
  login TEXT NOT NULL,
  expires INTEGER NOT NULL
);

INSERT OR IGNORE INTO orders VALUES
  (1, 'anna', 'Moby-Dick', 'paid', 1),
  (2, 'anna', 'Emma', 'paid', 1),
  (3, 'ben', 'Ulysses', 'paid', 1);
INSERT OR IGNORE INTO stock VALUES ('Moby-Dick', 3), ('Emma', 0), ('Ulysses', 3);
