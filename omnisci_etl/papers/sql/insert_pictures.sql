INSERT INTO omnisci.picture (image_sha256, media_type, width, height, original_sha256, run_key)
SELECT DISTINCT ON (image_sha256) image_sha256, media_type, width, height, original_sha256, run_key
FROM pg_temp.picture_stage ORDER BY image_sha256
ON CONFLICT (image_sha256) DO NOTHING
