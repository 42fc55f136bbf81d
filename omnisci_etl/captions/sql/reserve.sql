-- Seconds until the next free moment of a service, which the caller takes for itself by moving it on.
INSERT INTO omnisci.rate_limit (service, next_allowed_at)
VALUES (:service, clock_timestamp() + make_interval(secs => :seconds))
ON CONFLICT (service) DO UPDATE
SET next_allowed_at = greatest(rate_limit.next_allowed_at, clock_timestamp()) + make_interval(secs => :seconds)
RETURNING extract(epoch FROM next_allowed_at - clock_timestamp())::double precision - :seconds AS wait_s
