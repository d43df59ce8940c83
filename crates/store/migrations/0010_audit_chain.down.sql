DROP TABLE person_keys;
DROP TABLE audit_keys;
DROP TABLE audit_anchors;
DROP INDEX audit_by_time;
DROP INDEX audit_by_action;
ALTER TABLE audit DROP COLUMN hash;
ALTER TABLE audit DROP COLUMN personal;
ALTER TABLE audit DROP COLUMN person;
