-- US dollars that this day (UTC) and this run are good for: what was charged, and the worst case of every attempt that
-- is open or whose answer never came.
SELECT coalesce(sum(dollars) FILTER (WHERE sent_at >= day), 0) AS day, coalesce(sum(dollars) FILTER (WHERE run_key = :run_key), 0) AS run
FROM (
  SELECT a.sent_at, a.run_key, date_trunc('day', clock_timestamp()) AS day,
         CASE WHEN o.attempt_id IS NULL OR (o.http_status IS NULL AND s.uncertain)
              THEN a.worst_case_usd ELSE o.cost_usd END AS dollars
  FROM attempt a LEFT JOIN attempt_outcome o USING (attempt_id) LEFT JOIN status s ON s.slug = o.slug
  WHERE a.sent_at >= least(date_trunc('day', clock_timestamp()), (SELECT started_at FROM run WHERE run_key = :run_key))
) spent
