-- Pairs of captions of one figure by two models, the newest of each;
-- figures in the order of a hash, so that a limited number is spread over all papers.
WITH newest AS (
  SELECT DISTINCT ON (c.figure_id, c.model_id) c.caption_id, c.figure_id, c.model_id, m.family, m.requested
  FROM caption c
  JOIN model m ON m.model_id = c.model_id
  JOIN figure f USING (figure_id)
  JOIN paper_version v ON v.paper_version_id = f.paper_version_id
  WHERE CAST(:discipline AS text) IS NULL
     OR :discipline IN (SELECT x.discipline FROM paper_discipline x WHERE x.paper_id = v.paper_id)
     OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline x WHERE x.paper_id = v.paper_id))
  ORDER BY c.figure_id, c.model_id, c.caption_id DESC)
SELECT a.caption_id, b.caption_id AS other_caption_id, a.requested AS model, b.requested AS other_model, a.family, b.family AS other_family
FROM newest a
JOIN newest b ON b.figure_id = a.figure_id AND b.caption_id > a.caption_id AND b.requested <> a.requested
ORDER BY md5(a.figure_id::text), a.caption_id, b.caption_id
