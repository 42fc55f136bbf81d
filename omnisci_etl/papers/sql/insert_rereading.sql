INSERT INTO omnisci.rereading (extraction_id, extractors, run_key)
VALUES (:extraction_id, CAST(:extractors AS jsonb), :run_key)
ON CONFLICT DO NOTHING
