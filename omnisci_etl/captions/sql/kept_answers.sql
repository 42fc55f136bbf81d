-- Of answers kept outside the ledger, by attempt and owner: those it has by now, and those whose process is gone or whose
-- time is over.
SELECT a.attempt_id, a.owner, o.attempt_id IS NOT NULL AS settled
FROM unnest(CAST(:attempts AS bigint[]), CAST(:owners AS bigint[])) AS kept (attempt_id, owner)
JOIN omnisci.attempt a USING (attempt_id, owner)
LEFT JOIN omnisci.attempt_outcome o USING (attempt_id)
WHERE o.attempt_id IS NOT NULL OR a.lease_until <= clock_timestamp() OR NOT omnisci.owner_alive(a.owner)
