-- Questions that one writer wrote about these figures, with the verdict of one configuration of the filters.
SELECT q.question_id, w.figure_id, f.image_sha256::text AS image_sha256, q.content_sha256::text AS content_sha256, q.sort, q.panel,
       q.basis, q.body, q.options, q.key_index, q.grounds, x.outcome
FROM qa_writing w
JOIN qa_question q USING (writing_id)
JOIN figure f USING (figure_id)
LEFT JOIN qa_filter x ON x.question_id = q.question_id AND x.config_sha256 = :filter_sha256
WHERE w.figure_id = ANY (CAST(:figures AS bigint[])) AND w.config_sha256 = :config_sha256
ORDER BY w.figure_id, q.ordinal
