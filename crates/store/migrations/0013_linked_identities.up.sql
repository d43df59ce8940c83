-- Identities at OpenID Connect providers that people sign in with.
CREATE TABLE linked_identities (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    owner TEXT NOT NULL REFERENCES users (id),
    provider TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    made_by_it BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    CONSTRAINT linked_identities_subject UNIQUE (org_id, issuer, subject)
);
CREATE INDEX linked_identities_by_owner ON linked_identities (owner);
