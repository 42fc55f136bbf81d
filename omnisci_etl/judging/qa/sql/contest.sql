-- Answers of one configuration from these captions, with floor and ceiling; the caption's id is negative where it is from elsewhere.
SELECT coalesce(a.caption_id, -a.outside_caption_id) AS caption, q.figure_id, a.question_id, q.sort, q.kind, q.discipline,
       a.correct::integer AS correct, (a.said = 'cannot-tell')::integer AS cannot_tell, a.points,
       (SELECT z.points FROM qa_answer z WHERE z.question_id = a.question_id AND z.step = 'floor' AND z.config_sha256 = :floor
        AND z.draw = :draw) AS floor,
       (SELECT z.points FROM qa_answer z WHERE z.question_id = a.question_id AND z.step = 'ceiling' AND z.config_sha256 = :ceiling
        AND z.draw = 0) AS ceiling
FROM qa_answer a
JOIN qa_questions q USING (question_id)
JOIN qa_question w USING (question_id)
JOIN qa_writing g USING (writing_id)
JOIN qa_filter x ON x.question_id = a.question_id AND x.config_sha256 = :filter AND x.outcome = 'kept'
WHERE a.step = 'caption' AND a.config_sha256 = :answering AND g.config_sha256 = :writing AND q.figure_id = ANY (CAST(:figures AS bigint[]))
  AND (a.caption_id = ANY (CAST(:captions AS bigint[])) OR a.outside_caption_id = ANY (CAST(:outside AS bigint[])))
ORDER BY q.figure_id, a.question_id
