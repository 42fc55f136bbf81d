-- Of captions with the hashes of score, writing and filters: those that have the score, and those about whose figure every
-- question was written and judged and none was kept.
SELECT (w ->> 0)::bigint AS caption_id
FROM jsonb_array_elements(CAST(:captions AS jsonb)) w
WHERE EXISTS (SELECT FROM score z WHERE z.caption_id = (w ->> 0)::bigint AND z.scorer = 'caption-qa' AND z.config_sha256 = w ->> 1)
   OR EXISTS (
     SELECT FROM caption c JOIN qa_writing g ON g.figure_id = c.figure_id AND g.config_sha256 = w ->> 2
     WHERE c.caption_id = (w ->> 0)::bigint
       AND NOT EXISTS (
         SELECT FROM qa_question q
         LEFT JOIN qa_filter x ON x.question_id = q.question_id AND x.config_sha256 = w ->> 3
         WHERE q.writing_id = g.writing_id AND x.outcome IS DISTINCT FROM 'dropped' AND x.outcome IS DISTINCT FROM 'for-review'))
