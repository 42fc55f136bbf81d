INSERT INTO omnisci.caption (figure_id, call_id, attempt_id, route_id, prompt_sha256, model_id, run_key, body, panels, body_sha256)
SELECT r.figure_id, k.call_id, d.attempt_id, r.route_id, k.prompt_sha256, k.model_id, :run_key, d.body, d.panels, d.body_sha256
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS d (call_id bigint, attempt_id bigint, body text, panels jsonb, body_sha256 text)
JOIN omnisci.call k USING (call_id) JOIN omnisci.route r USING (call_id)
ORDER BY r.figure_id, k.call_id
ON CONFLICT (figure_id, call_id) DO NOTHING
RETURNING call_id
