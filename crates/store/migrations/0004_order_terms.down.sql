ALTER TABLE p_orders DROP COLUMN detail;
