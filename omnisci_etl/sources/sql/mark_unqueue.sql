UPDATE omnisci.paper_queue q SET next_try_at = NULL, updated_at = now()
FROM omnisci.paper_version v
WHERE v.paper_version_id = ANY(:versions) AND q.paper_id = v.paper_id AND q.next_try_at IS NOT NULL
