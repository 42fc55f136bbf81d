INSERT INTO omnisci.paper_version (paper_id, version, run_key)
SELECT i.paper_id, i.version, :run_key
FROM pg_temp.incoming i
WHERE NOT EXISTS (SELECT FROM omnisci.paper_version v WHERE v.paper_id = i.paper_id AND v.version = i.version)
ON CONFLICT DO NOTHING
