-- Composed drafts: attempt, outcome and captions at once, as nothing is sent. Calls that were tried before are left alone.
WITH tried AS (
  INSERT INTO omnisci.attempt (call_id, ordinal, run_key, owner, price, worst_case_usd, lease_until)
  SELECT d.call_id, 1, :run_key, :owner, CAST(:price AS jsonb), 0, now() FROM pg_temp.draft_stage d ORDER BY d.call_id
  ON CONFLICT (call_id, ordinal) DO NOTHING
  RETURNING attempt_id, call_id
), done AS (
  INSERT INTO omnisci.attempt_outcome (attempt_id, slug, model_resolved, finish_reason, cost_usd, latency_ms, error)
  SELECT t.attempt_id, CASE WHEN d.body = '' THEN 'bad-request' ELSE 'answered' END, d.model, 'stop', 0, 0,
         CASE WHEN d.body = '' THEN 'the paper says nothing of the figure that could stand alone' END
  FROM tried t JOIN pg_temp.draft_stage d USING (call_id)
  RETURNING attempt_id, slug
), captioned AS (
  INSERT INTO omnisci.caption (figure_id, call_id, attempt_id, route_id, prompt_sha256, model_id, run_key, body, panels, body_sha256)
  SELECT r.figure_id, k.call_id, t.attempt_id, r.route_id, k.prompt_sha256, k.model_id, :run_key, d.body, d.panels, d.body_sha256
  FROM tried t JOIN done o USING (attempt_id) JOIN pg_temp.draft_stage d USING (call_id)
  JOIN omnisci.call k USING (call_id) JOIN omnisci.route r USING (call_id)
  WHERE o.slug = 'answered'
  ORDER BY r.figure_id, k.call_id
  ON CONFLICT (figure_id, call_id) DO NOTHING
  RETURNING figure_id
)
SELECT (SELECT count(*) FROM tried) AS attempts, (SELECT count(*) FROM captioned) AS captions
