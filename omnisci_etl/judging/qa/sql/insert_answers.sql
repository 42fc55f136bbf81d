INSERT INTO omnisci.qa_answer (question_id, step, caption_id, outside_caption_id, draw, config_sha256, option_order, said, chosen,
                               correct, points, call_id, run_key)
SELECT question_id, step, caption_id, outside_caption_id, draw, config_sha256, option_order, said, chosen, correct, points, call_id, run_key
FROM pg_temp.answer_stage ORDER BY question_id, step, caption_id, outside_caption_id, draw, config_sha256
ON CONFLICT (question_id, step, caption_id, outside_caption_id, draw, config_sha256) DO NOTHING
