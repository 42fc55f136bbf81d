INSERT INTO omnisci.cursor AS c (source, set_spec, position, run_key)
VALUES (:source, :set_spec, CAST(:position AS jsonb), :run_key)
ON CONFLICT (source, set_spec) DO UPDATE
SET position = excluded.position, run_key = excluded.run_key, updated_at = now()
WHERE c.position IS DISTINCT FROM excluded.position
