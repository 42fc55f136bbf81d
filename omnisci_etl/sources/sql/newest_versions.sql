SELECT p.external_id, v.paper_version_id, v.version, q.stamp
FROM omnisci.paper p
JOIN LATERAL (SELECT * FROM omnisci.paper_version v WHERE v.paper_id = p.paper_id ORDER BY v.version DESC LIMIT 1) v ON true
LEFT JOIN omnisci.paper_queue q ON q.paper_id = p.paper_id
WHERE p.source = :source AND p.external_id = ANY(:external_ids)
