-- Captions on which the gate has not decided under this policy, or still awaits a verdict; oldest first.
SELECT c.caption_id
FROM caption c
WHERE c.caption_id > :after
  AND NOT EXISTS (SELECT FROM decision d WHERE d.caption_id = c.caption_id AND d.policy_sha256 = :policy_sha256
                  AND (d.outcome <> 'abstain' OR d.slug <> 'verdict-awaited'))
  AND (CAST(:discipline AS text) IS NULL OR EXISTS (
    SELECT FROM figure f JOIN paper_version v ON v.paper_version_id = f.paper_version_id
    WHERE f.figure_id = c.figure_id
      AND (:discipline IN (SELECT d.discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id)
           OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline d WHERE d.paper_id = v.paper_id)))))
ORDER BY c.caption_id
LIMIT :batch
