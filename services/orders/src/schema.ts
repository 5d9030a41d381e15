/** Entry N upgrades the database from version N to N + 1. Released entries never change. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE carts (
    customer_id TEXT PRIMARY KEY,
    rev INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE cart_lines (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    unit_price INTEGER NOT NULL CHECK (unit_price >= 0),
    UNIQUE (customer_id, product_id)
  ) STRICT;

  CREATE TABLE orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    customer_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    status TEXT NOT NULL,
    rev INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (customer_id, idempotency_key)
  ) STRICT;
  CREATE INDEX orders_of_customer ON orders (customer_id, number);
  CREATE INDEX orders_in_warehouse ON orders (changed_at) WHERE status IN ('confirmed', 'packed', 'shipped');

  CREATE TABLE order_lines (
    order_id TEXT NOT NULL REFERENCES orders (id),
    position INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    PRIMARY KEY (order_id, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id TEXT NOT NULL REFERENCES orders (id),
    rev INTEGER NOT NULL,
    status TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (order_id, rev)
  ) STRICT;
  `,
]
