-- What the gate said of each model's captions by kind of figure, from the newest 5,000 captions that were judged.
SELECT m.provider, m.requested, n.kind, count(*) AS decided, count(*) FILTER (WHERE n.outcome = 'accept') AS accepted
FROM (
  SELECT c.model_id, f.kind, d.outcome
  FROM omnisci.caption c
  JOIN omnisci.figure f USING (figure_id)
  JOIN LATERAL (SELECT d.outcome FROM omnisci.decisions d WHERE d.caption_id = c.caption_id LIMIT 1) d ON true
  ORDER BY c.caption_id DESC LIMIT 5000) n
JOIN omnisci.model m USING (model_id)
GROUP BY 1, 2, 3
