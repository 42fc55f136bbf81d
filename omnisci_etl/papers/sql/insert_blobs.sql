INSERT INTO omnisci.blob (sha256, media_type, bytes, run_key)
SELECT DISTINCT ON (sha256) sha256, media_type, bytes, run_key FROM pg_temp.blob_stage ORDER BY sha256
ON CONFLICT (sha256) DO NOTHING
