SELECT question_id, step, caption_id, outside_caption_id, draw, config_sha256::text AS config_sha256, said, chosen, correct, points
FROM qa_answer
WHERE question_id = ANY (CAST(:questions AS bigint[])) AND config_sha256 = ANY (CAST(:configs AS text[]))
