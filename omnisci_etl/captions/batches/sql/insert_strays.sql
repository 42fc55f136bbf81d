INSERT INTO omnisci.batch_stray (batch_id, kind, custom_id, line_sha256, run_key)
SELECT :batch_id, kind, custom_id, line_sha256, :run_key
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (kind text, custom_id text, line_sha256 text)
ORDER BY kind, line_sha256
ON CONFLICT (batch_id, kind, line_sha256) DO NOTHING
