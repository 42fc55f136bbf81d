-- A paper has one primary discipline under a version of the taxonomy: the first that was found.
INSERT INTO omnisci.paper_discipline (paper_id, taxonomy_version, discipline, is_primary, evidence_kind, evidence, run_key)
SELECT i.paper_id, :taxonomy_version, a.discipline,
       a.is_primary AND NOT EXISTS (
         SELECT FROM omnisci.paper_discipline o
         WHERE o.paper_id = i.paper_id AND o.taxonomy_version = :taxonomy_version AND o.is_primary),
       a.evidence_kind, a.evidence, :run_key
FROM pg_temp.assignment a
JOIN pg_temp.incoming i USING (external_id)
WHERE NOT EXISTS (
  SELECT FROM omnisci.paper_discipline d
  WHERE d.paper_id = i.paper_id AND d.taxonomy_version = :taxonomy_version AND d.discipline = a.discipline)
ON CONFLICT DO NOTHING
