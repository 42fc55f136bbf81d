SELECT c.caption_id, c.figure_id, m.requested AS captioner, m.family, c.body,
       (SELECT coalesce(jsonb_object_agg(s.scorer, s.value), '{}') FROM (
          SELECT DISTINCT ON (scorer) scorer, value FROM score
          WHERE caption_id = c.caption_id AND scorer IN ('judge', 'claims-faithful', 'claims-covered')
          ORDER BY scorer, score_id DESC) s) AS scores
FROM caption c JOIN model m ON m.model_id = c.model_id
WHERE c.caption_id = :caption
