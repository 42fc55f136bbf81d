-- The router's decisions on a figure, oldest first, each with what its call came to and what the gate said.
SELECT r.route_id, r.decided_at, r.policy, r.policy_sha256::text AS policy_sha256, r.reason, r.features, r.candidates, r.probability,
       m.provider, m.requested AS model, r.call_id, k.fingerprint::text AS fingerprint, s.state, s.attempts, s.last_slug,
       (SELECT sum(o.cost_usd) FROM attempt a JOIN attempt_outcome o USING (attempt_id) WHERE a.call_id = r.call_id) AS cost_usd,
       (SELECT a.price FROM attempt a WHERE a.call_id = r.call_id ORDER BY a.ordinal DESC LIMIT 1) AS price,
       c.caption_id, d.outcome AS decision, d.slug AS decision_reason, d.gate_score
FROM route r
JOIN call k USING (call_id)
JOIN model m USING (model_id)
JOIN call_status s USING (call_id)
LEFT JOIN caption c ON c.figure_id = r.figure_id AND c.call_id = r.call_id
LEFT JOIN LATERAL (SELECT * FROM decisions d WHERE d.caption_id = c.caption_id LIMIT 1) d ON true
WHERE r.figure_id = :figure_id
ORDER BY r.route_id
