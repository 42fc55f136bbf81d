-- How calls stand for a process (by its lock number) that may send them: as the retry policy says, and busy where another
-- living process has taken a call that is free. unanswered is the last attempt on line where it has no outcome, owner who
-- made it.
SELECT s.call_id, k.fingerprint::text AS fingerprint,
       CASE WHEN l.call_id IS NOT NULL AND s.standing IN ('grace', 'ready') THEN 'busy' ELSE s.standing END AS state,
       coalesce(s.last_ordinal, 0) AS last_ordinal, s.strikes, s.wait_s::double precision AS wait_s,
       CASE WHEN s.last_slug IS NULL AND s.last_batch_id IS NULL THEN a.attempt_id END AS unanswered, a.owner
FROM call_standing s
JOIN call k USING (call_id)
LEFT JOIN attempt a ON a.call_id = s.call_id AND a.ordinal = s.last_ordinal
LEFT JOIN call_lease l ON l.call_id = s.call_id AND l.owner <> :owner AND l.lease_until > clock_timestamp() AND owner_alive(l.owner)
WHERE s.call_id = ANY (CAST(:calls AS bigint[]))
