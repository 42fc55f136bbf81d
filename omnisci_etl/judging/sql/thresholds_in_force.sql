-- The thresholds that the newest decisions were made by: the commonest of each scorer, and the range where strata differ.
SELECT t.key AS scorer, mode() WITHIN GROUP (ORDER BY CAST(t.value AS double precision)) AS commonest,
       min(CAST(t.value AS double precision)) AS least, max(CAST(t.value AS double precision)) AS most
FROM decisions d
CROSS JOIN LATERAL jsonb_each_text(d.reason -> 'thresholds') t
JOIN caption c USING (caption_id) JOIN figure f USING (figure_id) JOIN paper_version v ON v.paper_version_id = f.paper_version_id
WHERE CAST(:discipline AS text) IS NULL OR :discipline IN (SELECT p.discipline FROM paper_discipline p WHERE p.paper_id = v.paper_id)
   OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline p WHERE p.paper_id = v.paper_id))
GROUP BY 1
