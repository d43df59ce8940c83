DROP TABLE catalog_asked;
DROP TABLE catalog_tail;
