-- What captions are rebuilt from: the stored answer, how it was asked for, and what was made of it.
SELECT c.caption_id, c.figure_id, c.body, c.panels, c.body_sha256::text AS body_sha256, o.response_sha256::text AS response_sha256,
       m.api, m.requested, t.output_schema, t.name AS prompt_name, t.prompt_sha256::text AS prompt_sha256
FROM caption c
JOIN attempt_outcome o USING (attempt_id)
JOIN model m ON m.model_id = c.model_id
JOIN prompt t ON t.prompt_sha256 = c.prompt_sha256
WHERE c.caption_id > :after AND (CAST(:caption_id AS bigint) IS NULL OR c.caption_id = :caption_id)
ORDER BY c.caption_id LIMIT :most
