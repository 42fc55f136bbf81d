-- How many captions lack a score of this scorer.
SELECT count(*) FROM caption c JOIN figure f USING (figure_id) JOIN paper_version v ON v.paper_version_id = f.paper_version_id
WHERE NOT EXISTS (SELECT FROM score z WHERE z.caption_id = c.caption_id AND z.scorer || ' ' || z.config_sha256 = :wanted)
  AND (CAST(:discipline AS text) IS NULL OR :discipline IN (SELECT d.discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id)
       OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline d WHERE d.paper_id = v.paper_id)))
