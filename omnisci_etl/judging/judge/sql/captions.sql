-- Captions that a judge could look at, with the captioner's family, in the order they were made: of a figure each that was
-- not rejected by the newest decision on it, or with `rejected` all.
SELECT c.caption_id, m.family
FROM caption c
JOIN model m ON m.model_id = c.model_id
JOIN figure f USING (figure_id)
JOIN paper_version v ON v.paper_version_id = f.paper_version_id
LEFT JOIN decisions d ON d.caption_id = c.caption_id
WHERE (:rejected OR d.outcome IS DISTINCT FROM 'reject')
  AND (CAST(:discipline AS text) IS NULL
       OR :discipline IN (SELECT x.discipline FROM paper_discipline x WHERE x.paper_id = v.paper_id)
       OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline x WHERE x.paper_id = v.paper_id)))
ORDER BY c.caption_id
