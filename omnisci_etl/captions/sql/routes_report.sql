-- What each model did for figures of a kind and a discipline. A call that serves several figures counts under its first,
-- as in the view spend; quality is the mean gate score of the newest decision on each caption.
WITH place AS (
  SELECT k.call_id, k.model_id, g.kind, g.discipline
  FROM call k
  JOIN LATERAL (
    SELECT f.kind, coalesce(d.discipline, 'unknown') AS discipline
    FROM route r JOIN figure f USING (figure_id) JOIN paper_version v ON v.paper_version_id = f.paper_version_id
    LEFT JOIN LATERAL (SELECT discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id
                       ORDER BY taxonomy_version DESC, is_primary DESC, discipline LIMIT 1) d ON true
    WHERE r.call_id = k.call_id ORDER BY r.route_id LIMIT 1) g ON true
  WHERE k.purpose = 'caption'
), tried AS (
  SELECT a.call_id, count(*) AS attempts, count(*) FILTER (WHERE s.class <> 'ok') AS failures,
         sum(o.cost_usd) AS cost_usd, percentile_disc(0.5) WITHIN GROUP (ORDER BY o.latency_ms) FILTER (WHERE s.class = 'ok') AS latency_ms
  FROM attempt a LEFT JOIN attempt_outcome o USING (attempt_id) LEFT JOIN status s USING (slug) GROUP BY a.call_id
), judged AS (
  SELECT c.call_id, count(*) AS captions, count(d.outcome) AS decided, count(*) FILTER (WHERE d.outcome = 'accept') AS accepted,
         sum(d.gate_score) AS gate_score
  FROM caption c
  LEFT JOIN decisions d ON d.caption_id = c.caption_id
  GROUP BY c.call_id
)
SELECT m.provider, m.requested AS model, p.kind, p.discipline, count(t.call_id) AS calls, coalesce(sum(t.attempts), 0)::bigint AS attempts,
       coalesce(sum(t.failures), 0)::bigint AS failures, coalesce(sum(j.captions), 0)::bigint AS captions,
       coalesce(sum(j.accepted), 0)::bigint AS accepted, round((sum(j.gate_score) / nullif(sum(j.decided), 0))::numeric, 3)::float8 AS quality,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY t.latency_ms) AS latency_ms,
       coalesce(sum(t.cost_usd), 0) AS cost_usd, round(sum(t.cost_usd) / nullif(sum(j.accepted), 0), 8) AS cost_per_accepted
FROM place p
JOIN model m USING (model_id)
LEFT JOIN tried t USING (call_id)
LEFT JOIN judged j USING (call_id)
WHERE CAST(:model AS text) IS NULL OR m.requested = :model
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4
