DROP TABLE signing_keys;
DROP TABLE refresh_tokens;
DROP TABLE token_families;
DROP TABLE backup_codes;
DROP TABLE second_factors;
