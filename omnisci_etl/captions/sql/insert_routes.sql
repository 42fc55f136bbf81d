INSERT INTO omnisci.route (figure_id, call_id, policy, policy_sha256, reason, features, candidates, probability, run_key)
SELECT s.figure_id, k.call_id, s.policy, s.policy_sha256, s.reason, s.features, s.candidates, s.probability, s.run_key
FROM pg_temp.plan_stage s JOIN omnisci.call k USING (fingerprint)
ORDER BY s.figure_id, k.call_id
ON CONFLICT (figure_id, call_id) DO NOTHING
