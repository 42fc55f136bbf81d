-- How often answerers took the option shown first, and how often it was the key, by figure.
SELECT answerer, figure_id, count(*) AS answers, count(*) FILTER (WHERE took_first) AS took_first,
       count(*) FILTER (WHERE key_first) AS key_first
FROM qa_answers WHERE said = 'option' AND key_first IS NOT NULL
GROUP BY answerer, figure_id ORDER BY answerer, figure_id
