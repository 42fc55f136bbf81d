INSERT INTO omnisci.rate_limit AS r (service, next_allowed_at)
VALUES (:service, clock_timestamp() + make_interval(secs => :seconds))
ON CONFLICT (service) DO UPDATE SET next_allowed_at = greatest(r.next_allowed_at, excluded.next_allowed_at)
