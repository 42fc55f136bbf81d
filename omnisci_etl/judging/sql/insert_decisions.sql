INSERT INTO omnisci.decision (caption_id, policy, policy_sha256, inputs_sha256, outcome, slug, gate_score, reason, run_key)
SELECT caption_id, policy, policy_sha256, inputs_sha256, outcome, slug, gate_score, reason, run_key
FROM pg_temp.decision_stage ORDER BY caption_id
ON CONFLICT (caption_id, policy_sha256, inputs_sha256) DO NOTHING
