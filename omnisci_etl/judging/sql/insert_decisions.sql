-- Decisions, each once. One that was made before the caption's last decision under another policy no longer holds: made
-- again, it is another row, whose inputs are told apart by that decision of the other policy.
INSERT INTO omnisci.decision (caption_id, policy, policy_sha256, inputs_sha256, outcome, slug, gate_score, reason, run_key)
SELECT s.caption_id, s.policy, s.policy_sha256,
       CASE WHEN EXISTS (SELECT FROM omnisci.decision d
                         WHERE d.caption_id = s.caption_id AND d.policy_sha256 = s.policy_sha256 AND d.inputs_sha256 = s.inputs_sha256
                           AND d.decision_id < other.last)
            THEN encode(sha256(convert_to(s.inputs_sha256 || ' after ' || other.last, 'UTF8')), 'hex')
            ELSE s.inputs_sha256 END,
       s.outcome, s.slug, s.gate_score, s.reason, s.run_key
FROM pg_temp.decision_stage s
CROSS JOIN LATERAL (SELECT max(d.decision_id) AS last FROM omnisci.decision d
                    WHERE d.caption_id = s.caption_id AND d.policy_sha256 <> s.policy_sha256) other
ORDER BY s.caption_id
ON CONFLICT (caption_id, policy_sha256, inputs_sha256) DO NOTHING
