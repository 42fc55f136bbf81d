-- Figures that lack questions under this configuration, or have some without a verdict.
SELECT f.figure_id
FROM unnest(CAST(:figures AS bigint[])) WITH ORDINALITY f(figure_id, place)
LEFT JOIN qa_writing w ON w.figure_id = f.figure_id AND w.config_sha256 = :config_sha256
WHERE w.writing_id IS NULL
   OR EXISTS (SELECT FROM qa_question q WHERE q.writing_id = w.writing_id AND NOT EXISTS (
        SELECT FROM qa_filter x WHERE x.question_id = q.question_id AND x.config_sha256 = :filter_sha256))
ORDER BY f.place
