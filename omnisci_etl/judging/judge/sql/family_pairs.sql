-- Captions of one figure by the judge's family and by another, whose gate scores are as good as equal: first the newest of
-- each model, figure by figure.
WITH graded AS (
  SELECT DISTINCT ON (c.figure_id, c.model_id) c.caption_id, c.figure_id, m.family, d.gate_score
  FROM caption c
  JOIN model m ON m.model_id = c.model_id
  JOIN decisions d ON d.caption_id = c.caption_id
  ORDER BY c.figure_id, c.model_id, c.caption_id DESC)
SELECT own.caption_id AS own, other.caption_id AS other, own.figure_id
FROM graded own
JOIN graded other ON other.figure_id = own.figure_id AND other.family <> own.family
WHERE own.family = :family AND abs(own.gate_score - other.gate_score) <= :tolerance
ORDER BY own.figure_id, own.caption_id, other.caption_id
LIMIT :limit
