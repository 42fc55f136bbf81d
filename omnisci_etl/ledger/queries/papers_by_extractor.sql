-- Which versions of the extractors read the papers; `ingest --refresh` reads again what older ones did.
SELECT p.source, coalesce(e.extractor, 'none') AS extractor, e.extractor_version AS version, count(*) AS papers,
       sum(e.figures_kept) AS figures_kept, sum(e.figures_rejected) AS figures_rejected,
       count(*) FILTER (WHERE EXISTS (SELECT FROM rereading r WHERE r.extraction_id = e.extraction_id)) AS reread_unchanged,
       min(e.extracted_at) AS first_read, max(e.extracted_at) AS last_read
FROM papers p
JOIN LATERAL (SELECT * FROM extraction x WHERE x.paper_version_id = p.paper_version_id
              ORDER BY (x.extractor IS NOT NULL) DESC, x.extraction_id DESC LIMIT 1) e ON true
WHERE p.status <> 'superseded'
GROUP BY p.source, e.extractor, e.extractor_version
ORDER BY p.source, extractor, version
