INSERT INTO omnisci.sample (seed, design, frame_sha256, frame_size, run_key)
VALUES (:seed, CAST(:design AS jsonb), :frame_sha256, :frame_size, :run_key)
ON CONFLICT (frame_sha256, design, seed) DO NOTHING
RETURNING sample_id
