ALTER TABLE idempotency_keys DROP COLUMN engine_id;
ALTER TABLE idempotency_keys DROP COLUMN claim_id;
