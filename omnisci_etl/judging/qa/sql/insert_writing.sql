INSERT INTO omnisci.qa_writing (figure_id, config_sha256, call_id, questions, run_key)
VALUES (:figure_id, :config_sha256, :call_id, :questions, :run_key)
ON CONFLICT (figure_id, config_sha256) DO NOTHING
RETURNING writing_id
