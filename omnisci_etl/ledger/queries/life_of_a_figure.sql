-- Everything that happened to one figure (parameter figure_id), in order.
WITH f AS (SELECT * FROM figure WHERE figure_id = CAST(:figure_id AS bigint))
SELECT e.extracted_at AS at, 'extracted' AS what, f.extractor || ' ' || f.extractor_version AS by,
       concat_ws(' ', f.label, 'of', p.external_id, 'version', v.version, coalesce('rejected: ' || f.reject_slug, 'kept')) AS detail
FROM f JOIN extraction e USING (extraction_id) JOIN paper_version v ON v.paper_version_id = f.paper_version_id JOIN paper p USING (paper_id)
UNION ALL
SELECT r.decided_at, 'routed', r.policy, r.reason::text FROM f JOIN route r USING (figure_id)
UNION ALL
SELECT a.sent_at, 'sent', m.provider || '/' || m.requested,
       concat_ws(' ', 'attempt', a.ordinal, coalesce(o.slug, 'no answer'), coalesce(o.cost_usd, a.worst_case_usd)::text, 'usd')
FROM f JOIN route r USING (figure_id) JOIN call k USING (call_id) JOIN model m USING (model_id) JOIN attempt a USING (call_id)
LEFT JOIN attempt_outcome o USING (attempt_id)
UNION ALL
SELECT c.created_at, 'captioned', m.provider || '/' || m.requested, left(c.body, 200) FROM f JOIN caption c USING (figure_id) JOIN model m USING (model_id)
UNION ALL
SELECT z.scored_at, 'scored', z.scorer || ' ' || z.scorer_version, round(z.value::numeric, 4)::text
FROM f JOIN caption c USING (figure_id) JOIN score z USING (caption_id)
UNION ALL
SELECT d.decided_at, 'decided', d.policy, d.outcome || ': ' || d.slug FROM f JOIN caption c USING (figure_id) JOIN decision d USING (caption_id)
UNION ALL
SELECT s.drawn_at, 'sampled', 'sample ' || s.sample_id, i.stratum || ' with probability ' || round(i.inclusion_probability::numeric, 4)
FROM f JOIN caption c USING (figure_id) JOIN sample_item i USING (caption_id) JOIN sample s USING (sample_id)
UNION ALL
SELECT g.rated_at, 'rated', g.rater, concat_ws(' ', 'accuracy', g.factual_accuracy, 'completeness', g.semantic_completeness, 'accept', g.accept)
FROM f JOIN caption c USING (figure_id) JOIN rating g USING (caption_id)
UNION ALL
SELECT x.exported_at, 'exported', 'export ' || x.export_id, w.shard || ' row ' || w.row_no
FROM f JOIN caption c USING (figure_id) JOIN export_row w USING (caption_id) JOIN export x USING (export_id)
ORDER BY at, what
