-- Whether two extractions say the same of a paper and of each figure. The confidence in a kind is no finding of its own.
WITH figures AS (
  SELECT f.extraction_id,
         to_jsonb(f) - '{figure_id, extraction_id, extractor_version, kind_confidence}'::text[] || jsonb_build_object(
           'panels', (SELECT jsonb_agg(to_jsonb(p) - 'figure_id' ORDER BY p.ordinal)
                      FROM omnisci.panel p WHERE p.figure_id = f.figure_id),
           'mentions', (SELECT jsonb_agg(to_jsonb(m) - 'figure_id' ORDER BY m.ordinal)
                        FROM omnisci.mention m WHERE m.figure_id = f.figure_id)) AS said
  FROM omnisci.figure f WHERE f.extraction_id IN (:standing, :read)
), readings AS (
  SELECT to_jsonb(e) - '{extraction_id, extractor_version, run_key, extracted_at}'::text[] || jsonb_build_object(
           'figures', (SELECT jsonb_agg(f.said ORDER BY f.said ->> 'locator')
                       FROM figures f WHERE f.extraction_id = e.extraction_id)) AS said
  FROM omnisci.extraction e WHERE e.extraction_id IN (:standing, :read)
)
SELECT count(DISTINCT said) = 1 FROM readings
