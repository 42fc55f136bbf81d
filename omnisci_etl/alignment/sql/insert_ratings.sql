INSERT INTO omnisci.rating (
  sample_id, caption_id, rater, round, rubric_version, factual_accuracy, semantic_completeness, accept, comment, run_key)
SELECT sample_id, caption_id, rater, round, rubric_version, factual_accuracy, semantic_completeness, accept, comment, run_key
FROM pg_temp.rating_stage
ON CONFLICT (sample_id, caption_id, rater, round) DO NOTHING
