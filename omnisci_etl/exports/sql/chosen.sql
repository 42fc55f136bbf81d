-- The rows of a release: active, accepted captions of current papers whose licence the profile allows. Of a work that is
-- there twice, as preprint and as article, a figure counts once: the later one gives way where the earlier is exported.
WITH chosen AS (
SELECT t.source, t.external_id, t.version, t.title, t.published_on, t.disciplines, t.license_uri, t.license_class,
       t.figure_id, t.label, t.ordinal, t.kind, t.image_sha256, t.width, t.height, i.media_type, t.author_caption, t.mentions,
       t.panel_labels, t.extractor, t.extractor_version, c.caption_id, c.body, c.panels, c.prompt_sha256::text AS prompt_sha256,
       q.name AS prompt_name, m.provider, m.requested, o.model_resolved, d.decision_id, d.gate_score, c.created_at,
       (SELECT jsonb_object_agg(z.scorer, z.value) FROM (
          SELECT DISTINCT ON (scorer) scorer, value FROM score z WHERE z.caption_id = c.caption_id
          ORDER BY scorer, score_id DESC) z) AS scores
FROM triplets t
JOIN papers p ON p.source = t.source AND p.external_id = t.external_id AND p.version = t.version AND p.status = 'current'
JOIN caption c ON c.caption_id = active_caption(t.figure_id)
JOIN decisions d ON d.caption_id = c.caption_id AND d.outcome = 'accept'
JOIN figure f ON f.figure_id = t.figure_id AND f.third_party_credit IS NULL
JOIN picture i ON i.image_sha256 = t.image_sha256
JOIN prompt q ON q.prompt_sha256 = c.prompt_sha256
JOIN model m ON m.model_id = c.model_id
JOIN attempt_outcome o ON o.attempt_id = c.attempt_id
WHERE t.reject_slug IS NULL AND t.license_class = ANY (CAST(:license_classes AS text[]))
), repeated AS (
  SELECT n.figure_id FROM near_duplicates n JOIN chosen e ON e.figure_id = n.repeats_figure_id WHERE n.same_work
)
SELECT * FROM chosen WHERE figure_id NOT IN (SELECT figure_id FROM repeated)
ORDER BY source, external_id, ordinal, caption_id
