INSERT INTO omnisci.paper_queue (paper_id, stamp, next_try_at)
SELECT i.paper_id, i.stamp, CASE WHEN s.status = 'current' THEN now() END
FROM pg_temp.incoming i
JOIN LATERAL (
  SELECT t.status FROM omnisci.paper_state t JOIN omnisci.paper_version v USING (paper_version_id)
  WHERE v.paper_id = i.paper_id ORDER BY v.version DESC, t.paper_state_id DESC LIMIT 1) s ON true
WHERE NOT EXISTS (SELECT FROM omnisci.paper_queue q WHERE q.paper_id = i.paper_id)
ON CONFLICT DO NOTHING
