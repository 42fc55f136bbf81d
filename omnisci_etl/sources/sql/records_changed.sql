-- Locks the papers whose state is about to change against those who mark one by its content.
SELECT q.paper_id
FROM omnisci.paper_queue q
JOIN pg_temp.incoming i USING (paper_id)
JOIN omnisci.paper_version v ON v.paper_id = i.paper_id AND v.version = i.version
LEFT JOIN LATERAL (
  SELECT s.state_sha256 FROM omnisci.paper_state s WHERE s.paper_version_id = v.paper_version_id
  ORDER BY s.paper_state_id DESC LIMIT 1) s ON true
WHERE s.state_sha256 IS DISTINCT FROM i.state_sha256
ORDER BY q.paper_id
FOR UPDATE OF q
