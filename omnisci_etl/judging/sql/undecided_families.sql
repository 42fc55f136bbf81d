-- The families of the models whose captions undecided.sql gives.
SELECT m.family
FROM model m
WHERE EXISTS (
  SELECT FROM caption c
  WHERE c.model_id = m.model_id
    AND NOT EXISTS (SELECT FROM (SELECT policy_sha256, outcome, slug FROM decision d WHERE d.caption_id = c.caption_id
                                 ORDER BY decision_id DESC LIMIT 1) newest
                    WHERE policy_sha256 = :policy_sha256 AND (outcome <> 'abstain' OR slug <> 'verdict-awaited'))
    AND (CAST(:discipline AS text) IS NULL OR EXISTS (
      SELECT FROM figure f JOIN paper_version v ON v.paper_version_id = f.paper_version_id
      WHERE f.figure_id = c.figure_id
        AND (:discipline IN (SELECT d.discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id)
             OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline d WHERE d.paper_id = v.paper_id))))))
GROUP BY m.family
ORDER BY m.family
