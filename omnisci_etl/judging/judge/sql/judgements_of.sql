SELECT judge, rubric, rubric_version, dimension, value, rationale, call_id, judged_at
FROM judgements
WHERE caption_id = :caption
ORDER BY judged_at DESC, call_id DESC, dimension
