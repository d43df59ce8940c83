-- A key taken by a request has an owner: the claim, by its own random id, and the engine whose program took it. Without
-- them a late release takes somebody else's claim away, and a start gives back what another program is at.
ALTER TABLE idempotency_keys ADD COLUMN claim_id TEXT NOT NULL DEFAULT '';
ALTER TABLE idempotency_keys ADD COLUMN engine_id TEXT NOT NULL DEFAULT '';
