-- The least that a shop must write: what the scripts beside this file run against.
DROP SCHEMA IF EXISTS reference CASCADE;
CREATE SCHEMA reference;
CREATE TABLE reference.sku (
    id int PRIMARY KEY,
    on_hand int NOT NULL,
    reserved int NOT NULL DEFAULT 0,
    CHECK (reserved <= on_hand)
);
CREATE TABLE reference.orders (
    id bigserial PRIMARY KEY,
    buyer int NOT NULL,
    payable_fen bigint NOT NULL,
    state text NOT NULL,
    placed_at timestamptz NOT NULL
);
CREATE TABLE reference.order_line (
    id bigserial PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES reference.orders,
    sku_id int NOT NULL REFERENCES reference.sku,
    quantity int NOT NULL,
    amount_fen bigint NOT NULL
);
CREATE TABLE reference.payment (
    id bigserial PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES reference.orders,
    number text NOT NULL UNIQUE,
    amount_fen bigint NOT NULL
);
CREATE TABLE reference.team (
    id int PRIMARY KEY,
    size int NOT NULL,
    reserved int NOT NULL DEFAULT 0,
    CHECK (reserved <= size)
);
CREATE TABLE reference.seat (
    id bigserial PRIMARY KEY,
    team_id int NOT NULL REFERENCES reference.team,
    buyer int NOT NULL,
    order_id bigint NOT NULL REFERENCES reference.orders,
    UNIQUE (team_id, buyer)
);
INSERT INTO reference.sku SELECT n, 1000000 FROM generate_series(1, 1000) n;
INSERT INTO reference.team SELECT n, 30000 FROM generate_series(1, 1000) n;
