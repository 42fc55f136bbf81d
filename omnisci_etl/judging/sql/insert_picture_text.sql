INSERT INTO omnisci.picture_text (image_sha256, engine, engine_version, slug, strings, run_key)
SELECT image_sha256, engine, engine_version, slug, strings, run_key
FROM pg_temp.picture_text_stage ORDER BY image_sha256
ON CONFLICT (image_sha256, engine, engine_version) DO NOTHING
