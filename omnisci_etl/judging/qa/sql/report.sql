-- Answers from captions to kept questions, summed by figure: what reports are made of.
WITH frame AS (
  SELECT question_id, answerer_id, avg(points) FILTER (WHERE step = 'floor') AS floor,
         avg(points) FILTER (WHERE step = 'ceiling') AS ceiling
  FROM qa_answers WHERE step IN ('floor', 'ceiling') GROUP BY question_id, answerer_id
)
SELECT a.captioner AS model, a.kind, a.discipline, a.sort, a.answerer, a.figure_id,
       array_agg(DISTINCT coalesce(a.caption_id, -a.outside_caption_id)) AS captions,
       count(*) AS answers, count(*) FILTER (WHERE a.correct) AS correct,
       count(*) FILTER (WHERE a.said = 'cannot-tell') AS cannot_tell, sum(a.points) AS points,
       count(*) FILTER (WHERE f.floor IS NOT NULL AND f.ceiling IS NOT NULL) AS framed,
       coalesce(sum(a.points) FILTER (WHERE f.floor IS NOT NULL AND f.ceiling IS NOT NULL), 0) AS framed_points,
       coalesce(sum(f.floor) FILTER (WHERE f.ceiling IS NOT NULL), 0) AS floor,
       coalesce(sum(f.ceiling) FILTER (WHERE f.floor IS NOT NULL), 0) AS ceiling
FROM qa_answers a
LEFT JOIN frame f ON f.question_id = a.question_id AND f.answerer_id = a.answerer_id
WHERE a.step = 'caption' AND a.question_outcome = 'kept'
GROUP BY a.captioner, a.kind, a.discipline, a.sort, a.answerer, a.figure_id
ORDER BY a.captioner, a.kind, a.discipline, a.sort, a.answerer, a.figure_id
