-- What router and captioners are given of figures. prior is the newest caption of the same figure in this or an earlier
-- extraction of the paper version; captioned_by are the fingerprints of the calls that captioned this very row.
-- best_score is of the captions that no later stage of the gate turned down, where there are any.
SELECT f.figure_id, f.label, f.kind, f.author_caption, f.extractor, f.evidence_sha256::text AS evidence_sha256,
       coalesce(e.title, '') AS title, p.source,
       f.image_sha256::text AS image_sha256, i.media_type, i.width, i.height, b.bytes AS image_bytes,
       coalesce((SELECT array_agg(d.discipline ORDER BY d.is_primary DESC, d.discipline) FROM paper_discipline d
                 WHERE d.paper_id = v.paper_id AND d.taxonomy_version = (
                   SELECT max(n.taxonomy_version) FROM paper_discipline n WHERE n.paper_id = v.paper_id)), '{unknown}') AS disciplines,
       coalesce((SELECT jsonb_agg(jsonb_build_array(n.label, n.body) ORDER BY n.ordinal)
                 FROM panel n WHERE n.figure_id = f.figure_id), '[]') AS panels,
       coalesce((SELECT jsonb_agg(jsonb_build_array(m.body, m.section, m.panels) ORDER BY m.ordinal)
                 FROM mention m WHERE m.figure_id = f.figure_id), '[]') AS mentions,
       ARRAY(SELECT k.fingerprint::text FROM caption c JOIN call k USING (call_id) WHERE c.figure_id = f.figure_id) AS captioned_by,
       prior.fingerprint AS prior_fingerprint, prior.prompt_sha256 AS prior_prompt, prior.evidence_sha256 AS prior_evidence,
       prior.image_sha256 AS prior_image,
       judged.newest_caption, judged.best_score, judged.unjudged, judged.escalations, judged.turned_down
FROM figure f
JOIN extraction e USING (extraction_id)
JOIN paper_version v ON v.paper_version_id = f.paper_version_id
JOIN paper p USING (paper_id)
JOIN picture i ON i.image_sha256 = f.image_sha256
JOIN blob b ON b.sha256 = f.image_sha256
LEFT JOIN LATERAL (
  SELECT k.fingerprint::text AS fingerprint, k.prompt_sha256::text AS prompt_sha256, k.evidence_sha256::text AS evidence_sha256,
         o.image_sha256::text AS image_sha256
  FROM figure o JOIN caption c ON c.figure_id = o.figure_id JOIN call k USING (call_id)
  WHERE o.paper_version_id = f.paper_version_id
    AND (o.figure_id = f.figure_id OR (o.extraction_id <> f.extraction_id AND (o.locator = f.locator OR o.label = f.label)))
  ORDER BY (o.figure_id = f.figure_id) DESC, c.caption_id DESC LIMIT 1) prior ON true
LEFT JOIN LATERAL (
  SELECT max(c.caption_id) AS newest_caption, bool_or(d.gate_score IS NULL) AS unjudged,
         coalesce(max(d.gate_score) FILTER (WHERE NOT d.turned_down), max(d.gate_score)) AS best_score,
         CASE WHEN bool_and(d.turned_down) THEN (array_agg(d.slug ORDER BY c.caption_id DESC))[1] END AS turned_down,
         count(*) FILTER (WHERE r.reason ->> 'rule' = 'escalate') AS escalations
  FROM caption c
  JOIN route r ON r.route_id = c.route_id
  LEFT JOIN LATERAL (SELECT * FROM decisions d WHERE d.caption_id = c.caption_id LIMIT 1) d ON true
  WHERE c.figure_id = f.figure_id) judged ON true
WHERE f.figure_id = ANY (CAST(:figures AS bigint[]))
ORDER BY f.figure_id
