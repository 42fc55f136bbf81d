DELETE FROM omnisci.call_lease
WHERE call_id IN (SELECT call_id FROM omnisci.call_lease
                  WHERE call_id = ANY (CAST(:calls AS bigint[])) AND owner = :owner ORDER BY call_id FOR UPDATE)
