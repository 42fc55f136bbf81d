-- The newest decisions by model of the caption, outcome and slug.
SELECT m.requested AS model, d.outcome, d.slug, count(*) AS captions
FROM decisions d
JOIN caption c USING (caption_id) JOIN model m USING (model_id) JOIN figure f USING (figure_id)
JOIN paper_version v ON v.paper_version_id = f.paper_version_id
WHERE CAST(:discipline AS text) IS NULL OR :discipline IN (SELECT d.discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id)
   OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline d WHERE d.paper_id = v.paper_id))
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
