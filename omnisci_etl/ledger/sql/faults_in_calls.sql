SELECT 'caption ' || c.caption_id || ': its attempt is not one of its call, or did not succeed'
FROM caption c JOIN attempt a USING (attempt_id) JOIN attempt_outcome o USING (attempt_id) JOIN status s ON s.slug = o.slug
WHERE a.call_id <> c.call_id OR s.class <> 'ok'
UNION ALL
SELECT 'call ' || a.call_id || ': ' || count(*) || ' attempts were answered'
FROM attempt a JOIN attempt_outcome o USING (attempt_id) JOIN status s ON s.slug = o.slug AND s.class = 'ok'
GROUP BY a.call_id HAVING count(*) > 1
