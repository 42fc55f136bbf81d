-- Takes free calls: those nobody holds, whose holder's time is over, or whose holder is gone. In order, so that two
-- processes never wait for each other in a circle.
INSERT INTO omnisci.call_lease (call_id, owner, lease_until)
SELECT call_id, :owner, clock_timestamp() + make_interval(secs => :lease_s)
FROM unnest(CAST(:calls AS bigint[])) AS call_id ORDER BY call_id
ON CONFLICT (call_id) DO UPDATE SET owner = EXCLUDED.owner, lease_until = EXCLUDED.lease_until
WHERE call_lease.lease_until <= clock_timestamp() OR call_lease.owner = EXCLUDED.owner OR NOT omnisci.owner_alive(call_lease.owner)
RETURNING call_id
