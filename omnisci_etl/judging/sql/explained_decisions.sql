-- The decisions on a caption, newest first.
SELECT d.decided_at, d.policy, d.policy_sha256::text AS policy_sha256, d.outcome, d.slug, s.explanation, d.gate_score,
       d.reason, r.dag_id, r.run_id, r.task_id, r.code_version
FROM decision d JOIN status s USING (slug) JOIN run r USING (run_key)
WHERE d.caption_id = :caption_id
ORDER BY d.decision_id DESC
