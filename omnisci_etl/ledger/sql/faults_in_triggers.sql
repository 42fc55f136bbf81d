SELECT 'table ' || c.relname || ': its append-only trigger is missing or disabled'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'omnisci'
WHERE c.relkind = 'r'
  AND c.relname NOT IN ('status', 'license_class', 'rate_limit', 'cursor', 'paper_queue', 'call_lease', 'alembic_version')
  AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'append_only' AND t.tgenabled <> 'D')
