-- The captions that may be drawn: active ones of current papers with a decision, and their stratum.
SELECT c.caption_id,
       concat_ws('/', coalesce(g.discipline, 'unknown'), f.kind, m.requested, d.outcome) AS stratum
FROM figure f
JOIN papers p ON p.paper_version_id = f.paper_version_id AND p.status = 'current'
JOIN caption c ON c.caption_id = active_caption(f.figure_id)
JOIN model m USING (model_id)
JOIN decisions d ON d.caption_id = c.caption_id
LEFT JOIN LATERAL (SELECT g.discipline FROM paper_discipline g WHERE g.paper_id = p.paper_id
                   ORDER BY taxonomy_version DESC, is_primary DESC, discipline LIMIT 1) g ON true
WHERE CAST(:discipline AS text) IS NULL OR coalesce(g.discipline, 'unknown') = :discipline
ORDER BY c.caption_id
