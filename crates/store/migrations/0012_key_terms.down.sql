ALTER TABLE api_keys DROP COLUMN orders_per_minute;
ALTER TABLE api_keys DROP COLUMN requests_per_minute;
ALTER TABLE api_keys DROP COLUMN networks;
