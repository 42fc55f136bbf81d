-- The families of the models that these captions are by.
SELECT DISTINCT m.family
FROM caption c
JOIN model m USING (model_id)
WHERE c.caption_id = ANY (CAST(:captions AS bigint[]))
ORDER BY m.family
