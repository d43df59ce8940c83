-- What people agreed to, and took back: rows are only ever added, the newest of a purpose counts.
CREATE TABLE consents (
    person TEXT NOT NULL REFERENCES users (id),
    purpose TEXT NOT NULL,
    number BIGINT NOT NULL,
    org_id TEXT NOT NULL,
    granted BOOLEAN NOT NULL,
    policy TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    CONSTRAINT consents_one_after_the_other PRIMARY KEY (person, purpose, number)
);

-- People who asked to be erased. PENDING until due, HELD while the law asks to keep, WITHDRAWN, or EXECUTED.
CREATE TABLE deletion_requests (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES users (id),
    state TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    hold_reason TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at BIGINT
);
CREATE INDEX deletion_requests_by_person ON deletion_requests (person, requested_at);
CREATE INDEX deletion_requests_by_state ON deletion_requests (org_id, state, due_at);
