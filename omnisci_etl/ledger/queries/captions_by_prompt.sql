-- Captions, decisions and mean scores by prompt version and model.
SELECT prompt_name, left(prompt_sha256, 12) AS prompt, provider, model_requested, count(*) AS captions,
       count(*) FILTER (WHERE decision = 'accept') AS accepted, count(*) FILTER (WHERE decision = 'reject') AS rejected,
       round(avg((scores ->> 'numbers-grounded')::numeric), 3) AS numbers_grounded,
       round(avg((scores ->> 'panels-covered')::numeric), 3) AS panels_covered,
       round(avg((scores ->> 'self-contained')::numeric), 3) AS self_contained
FROM lineage
GROUP BY prompt_name, prompt_sha256, provider, model_requested
ORDER BY captions DESC
