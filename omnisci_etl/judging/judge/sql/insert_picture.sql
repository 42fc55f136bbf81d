INSERT INTO omnisci.picture (image_sha256, media_type, width, height, original_sha256, run_key)
VALUES (:sha, :type, :width, :height, ARRAY[CAST(:sha AS omnisci.sha256_hex)], :run_key)
ON CONFLICT (image_sha256) DO NOTHING
