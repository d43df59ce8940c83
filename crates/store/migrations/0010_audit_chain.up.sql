-- The audit log becomes a chain: every row has the hash of itself and of the row before. Rows that were there get theirs
-- from the program's first start after this migration; until then theirs is empty.
-- `ip` and `personal` are ciphertext: `ip` under the key of the actor, `personal` under the key of `person`.
ALTER TABLE audit ADD COLUMN person TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN personal TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_by_action ON audit (action, seq);
CREATE INDEX audit_by_time ON audit (ts);

-- Where the chain begins after rows were deleted because their time was over: number and hash of the last deleted row.
CREATE TABLE audit_anchors (
    through_seq BIGINT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL,
    entries BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL
);

-- Keys that sign checkpoints and anchors; the private half is sealed.
CREATE TABLE audit_keys (
    id TEXT NOT NULL PRIMARY KEY,
    public_key TEXT NOT NULL,
    sealed TEXT,
    created_at BIGINT NOT NULL
);

-- One key a person, sealed; NULL when it was destroyed, which makes everything unreadable that was sealed with it.
CREATE TABLE person_keys (
    person TEXT NOT NULL PRIMARY KEY,
    sealed TEXT,
    created_at BIGINT NOT NULL,
    destroyed_at BIGINT
);
