-- In the order of the fingerprint, so that two planners wait for each other and never in a circle.
INSERT INTO omnisci.call (fingerprint, purpose, prompt_sha256, model_id, sent_image_sha256, evidence_sha256, draw, run_key)
SELECT DISTINCT ON (fingerprint) fingerprint, purpose, prompt_sha256, model_id, sent_image_sha256, evidence_sha256, draw, run_key
FROM pg_temp.plan_stage ORDER BY fingerprint
ON CONFLICT (fingerprint) DO NOTHING
