-- What only some orders have, as JSON: triggers, trailing offsets, ends of life, displayed parts, links. NULL for a
-- plain market or limit order, whose columns say everything.
ALTER TABLE p_orders ADD COLUMN detail TEXT;
