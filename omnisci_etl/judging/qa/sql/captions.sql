-- Captions to examine, of figures that have a picture: the newest sample's, those the gate accepts now, or all.
SELECT c.caption_id, m.family
FROM caption c
JOIN model m USING (model_id)
JOIN figure f USING (figure_id)
JOIN paper_version v ON v.paper_version_id = f.paper_version_id
WHERE f.image_sha256 IS NOT NULL
  AND CASE CAST(:which AS text)
      WHEN 'sample' THEN EXISTS (SELECT FROM sample_item i WHERE i.caption_id = c.caption_id
                                 AND i.sample_id = (SELECT max(s.sample_id) FROM sample s))
      WHEN 'accepted' THEN EXISTS (SELECT FROM decisions d WHERE d.caption_id = c.caption_id AND d.outcome = 'accept')
      ELSE true END
  AND (CAST(:discipline AS text) IS NULL
       OR :discipline IN (SELECT d.discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id)
       OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline d WHERE d.paper_id = v.paper_id)))
ORDER BY c.caption_id
