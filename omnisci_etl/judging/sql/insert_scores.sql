INSERT INTO omnisci.score (caption_id, scorer, scorer_version, config_sha256, deterministic, value, detail, run_key)
SELECT caption_id, scorer, scorer_version, config_sha256, deterministic, value, detail, CAST(:run_key AS bigint)
FROM pg_temp.score_stage ORDER BY caption_id, scorer
ON CONFLICT (caption_id, scorer, scorer_version, config_sha256) DO NOTHING
