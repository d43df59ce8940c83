-- Second factors, access tokens and the keys that sign them. Seeds and signing keys are sealed; what else is secret is a
-- hash.
CREATE TABLE second_factors (
    owner TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
    org_id TEXT NOT NULL,
    seed TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    enabled_at BIGINT,
    last_step BIGINT NOT NULL
);

CREATE TABLE backup_codes (
    owner TEXT NOT NULL REFERENCES users (id),
    digest TEXT NOT NULL,
    used_at BIGINT,
    CONSTRAINT backup_codes_once PRIMARY KEY (owner, digest)
);

CREATE TABLE token_families (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    owner TEXT NOT NULL REFERENCES users (id),
    user_agent TEXT NOT NULL,
    ip TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX token_families_by_owner ON token_families (owner);

CREATE TABLE refresh_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    family TEXT NOT NULL REFERENCES token_families (id),
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);

CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
