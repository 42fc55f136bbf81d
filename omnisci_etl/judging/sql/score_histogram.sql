-- How the newest score of each scorer spreads over captions: counts in 50 equal bins of 0..1 (1 belongs to the last), by
-- scorer, model, kind of figure and primary discipline. The gate score of the newest decision counts as a scorer.
WITH place AS (
  SELECT c.caption_id, m.requested AS model, f.kind,
         coalesce((SELECT d.discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id
                   ORDER BY d.taxonomy_version DESC, d.is_primary DESC, d.discipline LIMIT 1), 'unknown') AS discipline
  FROM caption c JOIN model m USING (model_id) JOIN figure f USING (figure_id)
  JOIN paper_version v ON v.paper_version_id = f.paper_version_id
  WHERE CAST(:discipline AS text) IS NULL OR :discipline IN (SELECT d.discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id)
     OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline d WHERE d.paper_id = v.paper_id))
), newest AS (
  SELECT DISTINCT ON (caption_id, scorer) caption_id, scorer, value FROM score ORDER BY caption_id, scorer, score_id DESC
), decided AS (
  SELECT caption_id, 'gate score' AS scorer, gate_score AS value FROM decisions
)
SELECT n.scorer, p.model, p.kind, p.discipline, least(width_bucket(n.value, 0, 1, 50), 50) - 1 AS bin, count(*) AS captions
FROM (SELECT * FROM newest UNION ALL SELECT * FROM decided) n JOIN place p USING (caption_id)
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
