-- The families of the models that captions are by.
SELECT DISTINCT m.family
FROM model m
WHERE EXISTS (SELECT FROM caption c WHERE c.model_id = m.model_id)
ORDER BY m.family
