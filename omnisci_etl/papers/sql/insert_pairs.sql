INSERT INTO omnisci.picture_pair (image_sha256, other_sha256, distance, correlation, run_key)
SELECT image_sha256, other_sha256, distance, correlation, run_key FROM pg_temp.pair_stage
ON CONFLICT DO NOTHING
