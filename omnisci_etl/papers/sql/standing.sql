-- The extraction of a paper version that holds, as the views choose it.
SELECT extraction_id, extractor, extractor_version, document_sha256
FROM omnisci.extraction
WHERE paper_version_id = :paper_version_id
ORDER BY (extractor IS NOT NULL) DESC, extraction_id DESC
LIMIT 1
