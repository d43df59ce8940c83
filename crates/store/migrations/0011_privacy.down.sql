DROP TABLE deletion_requests;
DROP TABLE consents;
