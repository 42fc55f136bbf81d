SELECT q.paper_id, v.paper_version_id, p.source, p.external_id, v.version, q.tries, s.doi, s.facts, q.stamp
FROM omnisci.paper_queue q
JOIN omnisci.paper p USING (paper_id)
JOIN LATERAL (SELECT * FROM omnisci.paper_version v WHERE v.paper_id = q.paper_id ORDER BY v.version DESC LIMIT 1) v ON true
JOIN LATERAL (SELECT * FROM omnisci.paper_state s WHERE s.paper_version_id = v.paper_version_id
              ORDER BY s.paper_state_id DESC LIMIT 1) s ON true
WHERE q.paper_id = :paper_id
