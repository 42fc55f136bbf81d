-- The newest score of each scorer for a caption, with what it found; current: as this code configures the scorer.
SELECT DISTINCT ON (scorer) scorer, scorer_version, value, detail, deterministic, scored_at, run_key,
       scorer || ' ' || config_sha256 = ANY (CAST(:wanted AS text[])) AS current
FROM score WHERE caption_id = :caption_id
ORDER BY scorer, current DESC, score_id DESC
