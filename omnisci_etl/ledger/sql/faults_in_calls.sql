SELECT 'caption ' || c.caption_id || ': its attempt is not one of its call, or did not succeed'
FROM caption c JOIN attempt a USING (attempt_id) JOIN attempt_outcome o USING (attempt_id) JOIN status s ON s.slug = o.slug
WHERE a.call_id <> c.call_id OR s.class <> 'ok'
UNION ALL
SELECT 'call ' || a.call_id || ': ' || count(*) || ' attempts were answered'
FROM attempt a JOIN attempt_outcome o USING (attempt_id) JOIN status s ON s.slug = o.slug AND s.class = 'ok'
GROUP BY a.call_id HAVING count(*) > 1
UNION ALL
SELECT 'batch ' || b.batch_id || ': ' || b.requests || ' requests were intended, it has ' || count(a.attempt_id) || ' attempts'
FROM batch b LEFT JOIN attempt a USING (batch_id) GROUP BY b.batch_id HAVING count(a.attempt_id) <> b.requests
UNION ALL
SELECT 'batch ' || e.batch_id || ': collected, and attempt ' || a.attempt_id || ' has no outcome'
FROM batch_event e JOIN attempt a USING (batch_id)
WHERE e.event = 'collected' AND NOT EXISTS (SELECT FROM attempt_outcome o WHERE o.attempt_id = a.attempt_id)
