-- How calls ended: the stored answer that came first, where there is one, else why there is none.
SELECT k.call_id, m.api, m.requested, t.output_schema, g.response_sha256, s.last_slug AS slug, c.why, z.error
FROM call k
JOIN model m USING (model_id)
JOIN prompt t ON t.prompt_sha256 = k.prompt_sha256
JOIN call_status s USING (call_id)
JOIN call_standing c USING (call_id)
LEFT JOIN LATERAL (
  SELECT o.response_sha256::text AS response_sha256
  FROM attempt a JOIN attempt_outcome o USING (attempt_id) JOIN status x ON x.slug = o.slug
  WHERE a.call_id = k.call_id AND x.class = 'ok' ORDER BY o.recorded_at, a.attempt_id LIMIT 1) g ON true
LEFT JOIN LATERAL (
  SELECT o.error FROM attempt a JOIN attempt_outcome o USING (attempt_id)
  WHERE a.call_id = k.call_id ORDER BY a.ordinal DESC LIMIT 1) z ON true
WHERE k.call_id = ANY (CAST(:calls AS bigint[]))
