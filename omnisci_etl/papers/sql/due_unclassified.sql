-- Due papers that no metadata has classified and that OpenAlex may know.
SELECT p.paper_id, s.doi
FROM paper_queue q
JOIN paper p USING (paper_id)
JOIN LATERAL (SELECT t.doi, t.published_on FROM paper_state t JOIN paper_version v USING (paper_version_id)
              WHERE v.paper_id = p.paper_id ORDER BY v.version DESC, t.paper_state_id DESC LIMIT 1) s ON s.doi IS NOT NULL
WHERE p.source = :source AND q.next_try_at <= now()
  AND (CAST(:since AS date) IS NULL OR s.published_on >= :since) AND (CAST(:until AS date) IS NULL OR s.published_on <= :until)
  AND NOT EXISTS (SELECT FROM paper_discipline d WHERE d.paper_id = p.paper_id)
  AND NOT EXISTS (SELECT FROM omnisci.fetch f WHERE f.url = CAST(:openalex AS text) || s.doi AND f.status IN (404, 410))
ORDER BY p.paper_id
