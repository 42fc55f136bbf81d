-- The captions that may be drawn: active ones of current papers with a decision, and their stratum.
SELECT c.caption_id,
       concat_ws('/', coalesce(g.discipline, 'unknown'), f.kind, m.requested, d.outcome) AS stratum
FROM caption c
JOIN figure f USING (figure_id)
JOIN model m USING (model_id)
JOIN papers p ON p.paper_version_id = f.paper_version_id AND p.status = 'current'
JOIN LATERAL (SELECT outcome FROM decision d WHERE d.caption_id = c.caption_id ORDER BY decision_id DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT g.discipline FROM paper_discipline g WHERE g.paper_id = p.paper_id
                   ORDER BY taxonomy_version DESC, is_primary DESC, discipline LIMIT 1) g ON true
WHERE c.caption_id = active_caption(c.figure_id)
  AND (CAST(:discipline AS text) IS NULL OR coalesce(g.discipline, 'unknown') = :discipline)
ORDER BY c.caption_id
