-- Due again: a version that is newer than all known; a new stamp where the source changes content under one version, or
-- where nothing came of the paper so far.
WITH known AS (
  SELECT i.paper_id, i.stamp, s.status,
         i.version > coalesce(i.newest, 0)
         OR (q.stamp <> i.stamp AND (:content_follows_stamp OR NOT EXISTS (
               SELECT FROM omnisci.extraction e WHERE e.paper_version_id = s.paper_version_id))) AS again
  FROM pg_temp.incoming i
  JOIN omnisci.paper_queue q USING (paper_id)
  JOIN LATERAL (
    SELECT t.status, t.paper_version_id FROM omnisci.paper_state t JOIN omnisci.paper_version v USING (paper_version_id)
    WHERE v.paper_id = i.paper_id ORDER BY v.version DESC, t.paper_state_id DESC LIMIT 1) s ON true
)
UPDATE omnisci.paper_queue q
SET stamp = k.stamp,
    tries = CASE WHEN k.again THEN 0 ELSE q.tries END,
    next_try_at = CASE WHEN k.status <> 'current' THEN NULL WHEN k.again THEN now() ELSE q.next_try_at END,
    updated_at = now()
FROM known k
WHERE q.paper_id = k.paper_id
  AND (q.stamp <> k.stamp OR (k.again AND k.status = 'current') OR (k.status <> 'current' AND q.next_try_at IS NOT NULL))
