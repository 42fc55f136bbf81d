-- Captions whose newest decision is none of this policy, or still awaits a verdict; oldest first.
-- (The lateral subqueries on `decisions` end in LIMIT 1 so that the planner looks each caption up instead of sorting all decisions.)
SELECT c.caption_id
FROM caption c
LEFT JOIN LATERAL (SELECT * FROM decisions d WHERE d.caption_id = c.caption_id LIMIT 1) d ON true
WHERE c.caption_id > :after
  AND (d.policy_sha256 IS DISTINCT FROM :policy_sha256 OR (d.outcome = 'abstain' AND d.slug = 'verdict-awaited'))
  AND (CAST(:discipline AS text) IS NULL OR EXISTS (
    SELECT FROM figure f JOIN paper_version v ON v.paper_version_id = f.paper_version_id
    WHERE f.figure_id = c.figure_id
      AND (:discipline IN (SELECT d.discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id)
           OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline d WHERE d.paper_id = v.paper_id)))))
ORDER BY c.caption_id
LIMIT :batch
