SELECT c.caption_id, m.family FROM caption c JOIN model m USING (model_id) WHERE c.caption_id = ANY (CAST(:captions AS bigint[]))
ORDER BY c.caption_id
