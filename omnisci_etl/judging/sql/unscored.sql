-- Captions that lack a score of the wanted scorers or a decision of the gate's policy, oldest first.
SELECT c.caption_id, c.body, c.panels, f.label, f.kind, f.author_caption, coalesce(e.title, '') AS title,
       ARRAY(SELECT n.label FROM panel n WHERE n.figure_id = f.figure_id ORDER BY n.ordinal) AS panel_labels,
       ARRAY(SELECT n.body FROM panel n WHERE n.figure_id = f.figure_id ORDER BY n.ordinal) AS panel_texts,
       ARRAY(SELECT m.body FROM mention m WHERE m.figure_id = f.figure_id ORDER BY m.ordinal) AS mentions,
       ARRAY(SELECT z.scorer || ' ' || z.config_sha256 FROM score z WHERE z.caption_id = c.caption_id) AS scored
FROM caption c
JOIN figure f USING (figure_id)
JOIN extraction e USING (extraction_id)
JOIN paper_version v ON v.paper_version_id = f.paper_version_id
WHERE c.caption_id > :after
  AND (EXISTS (SELECT FROM unnest(CAST(:wanted AS text[])) w
               WHERE NOT EXISTS (SELECT FROM score z WHERE z.caption_id = c.caption_id AND z.scorer || ' ' || z.config_sha256 = w))
       OR NOT EXISTS (SELECT FROM decision d WHERE d.caption_id = c.caption_id AND d.policy_sha256 = :policy_sha256))
  AND (CAST(:discipline AS text) IS NULL
       OR :discipline IN (SELECT d.discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id)
       OR (:discipline = 'unknown' AND NOT EXISTS (SELECT FROM paper_discipline d WHERE d.paper_id = v.paper_id)))
ORDER BY c.caption_id
LIMIT :batch
