INSERT INTO omnisci.qa_filter (question_id, config_sha256, filter, outcome, slug, detail, run_key)
SELECT question_id, config_sha256, filter, outcome, slug, detail, run_key FROM pg_temp.filter_stage ORDER BY question_id
ON CONFLICT (question_id, config_sha256) DO NOTHING
