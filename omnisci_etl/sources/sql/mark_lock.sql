SELECT q.paper_id
FROM omnisci.paper_queue q JOIN omnisci.paper_version v USING (paper_id)
WHERE v.paper_version_id = ANY(:versions)
ORDER BY q.paper_id
FOR UPDATE OF q
