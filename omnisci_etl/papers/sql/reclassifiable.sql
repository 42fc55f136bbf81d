-- Papers whose disciplines are all of other versions of the taxonomy: their arXiv categories, and [kind, evidence] of the newest.
SELECT d.paper_id, (
         SELECT s.facts -> 'categories' FROM omnisci.paper_state s JOIN omnisci.paper_version v USING (paper_version_id)
         WHERE v.paper_id = d.paper_id ORDER BY v.version DESC, s.paper_state_id DESC LIMIT 1) AS categories,
       jsonb_agg(jsonb_build_array(d.evidence_kind, d.evidence) ORDER BY d.is_primary DESC, d.discipline) AS evidence
FROM omnisci.paper_discipline d
WHERE d.taxonomy_version = (SELECT max(n.taxonomy_version) FROM omnisci.paper_discipline n WHERE n.paper_id = d.paper_id)
GROUP BY d.paper_id
HAVING max(d.taxonomy_version) < :taxonomy_version
ORDER BY d.paper_id
