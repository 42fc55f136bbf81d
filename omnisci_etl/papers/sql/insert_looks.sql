INSERT INTO omnisci.picture_look (image_sha256, version, phash, thumbnail, run_key)
SELECT DISTINCT ON (image_sha256) image_sha256, version, phash, thumbnail, run_key
FROM pg_temp.look_stage ORDER BY image_sha256
ON CONFLICT (image_sha256) DO NOTHING
RETURNING image_sha256
