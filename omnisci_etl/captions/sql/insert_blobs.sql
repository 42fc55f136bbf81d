INSERT INTO omnisci.blob (sha256, media_type, bytes, run_key)
SELECT DISTINCT ON (sha256) sha256, media_type, bytes, :run_key
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (sha256 text, media_type text, bytes bigint)
ORDER BY sha256
ON CONFLICT (sha256) DO NOTHING
