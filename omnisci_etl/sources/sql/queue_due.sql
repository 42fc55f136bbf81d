-- Papers that are due and that nobody else works on. Only in a folder does a paper of no known discipline belong to
-- any: there the document itself will tell.
SELECT q.paper_id
FROM omnisci.paper_queue q
JOIN omnisci.paper p USING (paper_id)
JOIN LATERAL (
  SELECT t.published_on FROM omnisci.paper_state t JOIN omnisci.paper_version v USING (paper_version_id)
  WHERE v.paper_id = q.paper_id ORDER BY v.version DESC, t.paper_state_id DESC LIMIT 1) s ON true
WHERE p.source = :source
  AND q.next_try_at <= now()
  AND (q.leased_by IS NULL OR q.leased_by = :mine OR NOT omnisci.owner_alive(q.leased_by))
  AND (CAST(:paper_ids AS bigint[]) IS NULL OR q.paper_id = ANY(CAST(:paper_ids AS bigint[])))
  AND (CAST(:discipline AS text) IS NULL
       OR EXISTS (SELECT FROM omnisci.paper_discipline d WHERE d.paper_id = q.paper_id AND d.discipline = :discipline)
       OR ((p.source = 'folder' OR :discipline = 'unknown')
           AND NOT EXISTS (SELECT FROM omnisci.paper_discipline d WHERE d.paper_id = q.paper_id)))
  AND (:anytime OR s.published_on BETWEEN :since AND :until)
ORDER BY q.next_try_at
LIMIT :limit
