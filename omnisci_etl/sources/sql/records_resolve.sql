-- A record without a version speaks of the newest one there is.
UPDATE pg_temp.incoming i
SET paper_id = p.paper_id,
    newest = n.version,
    version = coalesce(i.version, n.version, 1)
FROM omnisci.paper p
LEFT JOIN LATERAL (SELECT max(v.version) AS version FROM omnisci.paper_version v WHERE v.paper_id = p.paper_id) n ON true
WHERE p.source = :source AND p.external_id = i.external_id
