\set sku random(1, 1000)
\set buyer random(1, 1000000000)
BEGIN;
INSERT INTO reference.orders (buyer, payable_fen, state, placed_at)
    VALUES (:buyer, 5900, 'awaiting', now()) RETURNING id AS order_id \gset
INSERT INTO reference.order_line (order_id, sku_id, quantity, amount_fen)
    VALUES (:order_id, :sku, 1, 5900);
INSERT INTO reference.payment (order_id, number, amount_fen)
    VALUES (:order_id, gen_random_uuid()::text, 5900);
UPDATE reference.sku SET reserved = reserved + 1 WHERE id = :sku AND on_hand - reserved >= 1;
COMMIT;
