-- Papers whose standing extraction is by another version of its extractor, or found a document that could not be read,
-- and that the present extractors have not read again to the same end.
SELECT p.paper_id
FROM omnisci.paper p
JOIN omnisci.paper_queue q USING (paper_id)
JOIN LATERAL (SELECT v.paper_version_id FROM omnisci.paper_version v WHERE v.paper_id = p.paper_id
              ORDER BY v.version DESC LIMIT 1) v ON true
JOIN LATERAL (SELECT s.status, s.published_on FROM omnisci.paper_state s WHERE s.paper_version_id = v.paper_version_id
              ORDER BY s.paper_state_id DESC LIMIT 1) s ON s.status = 'current'
JOIN LATERAL (SELECT * FROM omnisci.extraction e WHERE e.paper_version_id = v.paper_version_id
              ORDER BY (e.extractor IS NOT NULL) DESC, e.extraction_id DESC LIMIT 1) e ON e.document_sha256 IS NOT NULL
WHERE p.source = :source
  AND (e.extractor IS NULL OR e.extractor_version IS DISTINCT FROM CAST(:extractors AS jsonb) ->> e.extractor)
  AND NOT EXISTS (SELECT FROM omnisci.rereading r
                  WHERE r.extraction_id = e.extraction_id AND r.extractors = CAST(:extractors AS jsonb))
  AND (CAST(:discipline AS text) IS NULL
       OR EXISTS (SELECT FROM omnisci.paper_discipline d WHERE d.paper_id = p.paper_id AND d.discipline = :discipline)
       OR (:discipline = 'unknown'
           AND NOT EXISTS (SELECT FROM omnisci.paper_discipline d WHERE d.paper_id = p.paper_id)))
  AND (:anytime OR coalesce(s.published_on, e.published_on) BETWEEN :since AND :until)
ORDER BY p.paper_id
LIMIT :limit
