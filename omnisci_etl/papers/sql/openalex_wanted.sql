SELECT NOT EXISTS (SELECT FROM omnisci.paper_discipline d WHERE d.paper_id = :paper_id)
   AND NOT EXISTS (SELECT FROM omnisci.fetch f WHERE f.url = CAST(:openalex AS text) || CAST(:doi AS text) AND f.status IS NOT NULL)
