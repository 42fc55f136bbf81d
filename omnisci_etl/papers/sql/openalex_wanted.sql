-- A run that was cut short may have the answer without what follows of it, so only a refusal settles the question.
SELECT NOT EXISTS (SELECT FROM omnisci.paper_discipline d WHERE d.paper_id = :paper_id)
   AND NOT EXISTS (SELECT FROM omnisci.fetch f WHERE f.url = CAST(:openalex AS text) || CAST(:doi AS text) AND f.status IN (404, 410))
