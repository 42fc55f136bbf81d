INSERT INTO omnisci.qa_question (writing_id, ordinal, sort, panel, basis, body, options, key_index, grounds, content_sha256)
SELECT writing_id, ordinal, sort, panel, basis, body, options, key_index, grounds, content_sha256
FROM pg_temp.question_stage ORDER BY ordinal
