-- Figures of the newest extraction of current papers that can be captioned; those that are too, where asked for.
SELECT f.figure_id
FROM papers p
JOIN LATERAL (SELECT e.extraction_id FROM extraction e WHERE e.paper_version_id = p.paper_version_id
              ORDER BY (e.extractor IS NOT NULL) DESC, e.extraction_id DESC LIMIT 1) e ON true
JOIN figure f ON f.extraction_id = e.extraction_id
WHERE p.status = 'current' AND f.reject_slug IS NULL AND f.image_sha256 IS NOT NULL
  AND (CAST(:discipline AS text) IS NULL OR :discipline = ANY (p.disciplines))
  AND (:captioned OR NOT EXISTS (SELECT FROM caption c WHERE c.figure_id = f.figure_id))
ORDER BY f.figure_id
