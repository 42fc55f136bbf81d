-- Ratings that stand already with other marks: a rating is never changed, a second opinion is another round.
SELECT s.sample_id, s.caption_id, s.rater FROM pg_temp.rating_stage s
JOIN omnisci.rating r USING (sample_id, caption_id, rater, round)
WHERE (r.factual_accuracy, r.semantic_completeness, r.accept, r.comment)
  IS DISTINCT FROM (s.factual_accuracy, s.semantic_completeness, s.accept, s.comment)
ORDER BY 1, 2, 3 LIMIT 10
