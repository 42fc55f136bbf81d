INSERT INTO omnisci.paper (source, external_id, run_key)
SELECT :source, i.external_id, :run_key
FROM pg_temp.incoming i
WHERE NOT EXISTS (SELECT FROM omnisci.paper p WHERE p.source = :source AND p.external_id = i.external_id)
ON CONFLICT DO NOTHING
