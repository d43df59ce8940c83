-- Long and short side by side, what came by corporate actions and corrections, and what an entry says beyond its lines.
ALTER TABLE p_ledger_entries ADD COLUMN detail TEXT;
ALTER TABLE p_lots ADD COLUMN book TEXT NOT NULL DEFAULT 'NET';

CREATE TABLE p_positions_next (
    engine_id TEXT NOT NULL,
    account TEXT NOT NULL,
    instrument TEXT NOT NULL,
    strategy TEXT NOT NULL,
    book TEXT NOT NULL,
    org_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    quantity TEXT NOT NULL,
    cost TEXT NOT NULL,
    realised TEXT NOT NULL,
    fees TEXT NOT NULL,
    bought TEXT NOT NULL,
    sold TEXT NOT NULL,
    adjusted TEXT NOT NULL,
    fills BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (engine_id, account, instrument, strategy, book)
);
INSERT INTO p_positions_next (engine_id, account, instrument, strategy, book, org_id, currency, quantity, cost,
    realised, fees, bought, sold, adjusted, fills, seq)
SELECT engine_id, account, instrument, strategy, 'NET', org_id, currency, quantity, cost,
    realised, fees, bought, sold, '0', fills, seq FROM p_positions;
DROP TABLE p_positions;
ALTER TABLE p_positions_next RENAME TO p_positions;
