-- An answer that is there already captions every figure that was routed to its call since.
INSERT INTO omnisci.caption (figure_id, call_id, attempt_id, route_id, prompt_sha256, model_id, run_key, body, panels, body_sha256)
SELECT r.figure_id, r.call_id, c.attempt_id, r.route_id, c.prompt_sha256, c.model_id, :run_key, c.body, c.panels, c.body_sha256
FROM omnisci.route r
JOIN LATERAL (SELECT * FROM omnisci.caption c WHERE c.call_id = r.call_id ORDER BY c.caption_id LIMIT 1) c ON true
WHERE r.call_id = ANY (CAST(:calls AS bigint[]))
  AND NOT EXISTS (SELECT FROM omnisci.caption h WHERE h.figure_id = r.figure_id AND h.call_id = r.call_id)
ORDER BY r.figure_id, r.call_id
ON CONFLICT (figure_id, call_id) DO NOTHING
RETURNING call_id
