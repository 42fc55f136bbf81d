-- Only the holder of the service's lock writes, and only after the time before has passed.
INSERT INTO omnisci.rate_limit (service, next_allowed_at)
VALUES (:service, clock_timestamp() + make_interval(secs => :seconds))
ON CONFLICT (service) DO UPDATE SET next_allowed_at = excluded.next_allowed_at
