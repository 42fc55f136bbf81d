-- Gives calls back: those of this process, and those of processes that are gone.
DELETE FROM omnisci.call_lease
WHERE call_id IN (SELECT call_id FROM omnisci.call_lease
                  WHERE call_id = ANY (CAST(:calls AS bigint[])) AND (owner = :owner OR NOT omnisci.owner_alive(owner))
                  ORDER BY call_id FOR UPDATE)
