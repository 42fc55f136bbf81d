-- How calls stand for a process (by its lock number) that may send them:
--   answered; failed (for good); batched (in a batch that is not over); busy (another living process is at it); grace (an answer that never came may still have been
--   given, and the seconds of grace since it was sent are not over); ready.
SELECT k.call_id, k.fingerprint::text AS fingerprint,
       CASE WHEN x.answered THEN 'answered'
            WHEN x.strikes >= :strike_cap OR (NOT s.retryable AND s.slug <> 'strikes-out') THEN 'failed'
            WHEN z.batched THEN 'batched'
            WHEN l.call_id IS NOT NULL OR z.open THEN 'busy'
            WHEN z.unknown AND z.wait_s > 0 THEN 'grace'
            ELSE 'ready' END AS state,
       coalesce(z.ordinal, 0) AS last_ordinal, coalesce(x.strikes, 0) AS strikes, greatest(z.wait_s, 0) AS wait_s
FROM call k
LEFT JOIN LATERAL (
  SELECT bool_or(t.class = 'ok') AS answered,
         count(*) FILTER (WHERE t.class <> 'ok' AND (t.billable OR t.slug = 'strikes-out')) AS strikes
  FROM attempt a JOIN attempt_outcome o USING (attempt_id) JOIN status t USING (slug) WHERE a.call_id = k.call_id) x ON true
LEFT JOIN LATERAL (
  SELECT a.ordinal, o.slug,
         o.attempt_id IS NULL AND a.lease_until > clock_timestamp() AND owner_alive(a.owner) AS open,
         o.attempt_id IS NULL AND a.batch_id IS NOT NULL AS batched,
         o.attempt_id IS NULL OR (o.http_status IS NULL AND t.uncertain) AS unknown,
         extract(epoch FROM a.sent_at - clock_timestamp())::double precision + :grace AS wait_s
  FROM attempt a LEFT JOIN attempt_outcome o USING (attempt_id) LEFT JOIN status t ON t.slug = o.slug
  WHERE a.call_id = k.call_id ORDER BY a.ordinal DESC LIMIT 1) z ON true
LEFT JOIN status s ON s.slug = z.slug
LEFT JOIN call_lease l ON l.call_id = k.call_id AND l.owner <> :owner AND l.lease_until > clock_timestamp() AND owner_alive(l.owner)
WHERE k.call_id = ANY (CAST(:calls AS bigint[]))
