-- Captions whose newest decision is none of this policy, or still awaits a verdict; oldest first.
SELECT c.caption_id
FROM caption c
WHERE c.caption_id > :after
  AND NOT EXISTS (SELECT FROM (SELECT policy_sha256, outcome, slug FROM decision d WHERE d.caption_id = c.caption_id
                               ORDER BY decision_id DESC LIMIT 1) newest
                  WHERE policy_sha256 = :policy_sha256 AND (outcome <> 'abstain' OR slug <> 'verdict-awaited'))
  AND (CAST(:discipline AS text) IS NULL OR EXISTS (
    SELECT FROM figure f JOIN paper_version v ON v.paper_version_id = f.paper_version_id
    WHERE f.figure_id = c.figure_id
      AND (:discipline IN (SELECT d.discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id)
           OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline d WHERE d.paper_id = v.paper_id)))))
ORDER BY c.caption_id
LIMIT :batch
