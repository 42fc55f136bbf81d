-- Captions of these ids with all that scorers and judges need of them and of their figures.
SELECT c.caption_id, f.figure_id, c.body, c.panels, m.family, m.requested AS model, f.label, f.kind, f.author_caption,
       f.image_sha256::text AS image_sha256, coalesce(e.title, '') AS title, o.finish_reason,
       coalesce((SELECT d.discipline FROM paper_discipline d WHERE d.paper_id = v.paper_id
                 ORDER BY d.taxonomy_version DESC, d.is_primary DESC, d.discipline LIMIT 1), 'unknown') AS discipline,
       ARRAY(SELECT n.label FROM panel n WHERE n.figure_id = f.figure_id ORDER BY n.ordinal) AS panel_labels,
       ARRAY(SELECT n.body FROM panel n WHERE n.figure_id = f.figure_id ORDER BY n.ordinal) AS panel_texts,
       ARRAY(SELECT t.body FROM mention t WHERE t.figure_id = f.figure_id ORDER BY t.ordinal) AS mentions
FROM caption c
JOIN figure f USING (figure_id)
JOIN extraction e USING (extraction_id)
JOIN paper_version v ON v.paper_version_id = f.paper_version_id
JOIN model m ON m.model_id = c.model_id
JOIN attempt_outcome o ON o.attempt_id = c.attempt_id
WHERE c.caption_id = ANY (CAST(:captions AS bigint[]))
ORDER BY c.caption_id
