INSERT INTO omnisci.qa_outside_caption (figure_id, captioner, family, body, body_sha256, run_key)
SELECT figure_id, captioner, family, body, body_sha256, run_key FROM pg_temp.outside_stage ORDER BY figure_id, captioner, body_sha256
ON CONFLICT (figure_id, captioner, body_sha256) DO NOTHING
