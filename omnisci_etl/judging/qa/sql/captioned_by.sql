-- The families of models that captioned these figures.
SELECT c.figure_id, array_agg(DISTINCT m.family) AS families
FROM caption c JOIN model m USING (model_id)
WHERE c.figure_id = ANY (CAST(:figures AS bigint[]))
GROUP BY c.figure_id
