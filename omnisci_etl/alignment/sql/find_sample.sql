SELECT sample_id FROM omnisci.sample
WHERE seed = :seed AND design = CAST(:design AS jsonb) AND frame_sha256 = :frame_sha256
