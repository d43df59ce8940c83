DROP INDEX users_by_org;
ALTER TABLE memberships DROP COLUMN version;
ALTER TABLE users DROP COLUMN version;
ALTER TABLE organisations DROP COLUMN version;
