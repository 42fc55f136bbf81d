-- A stamp that changed while the paper was worked on makes it due again. A paper to be tried again stays leased by
-- the run that failed, so that this run goes on to others and the next one takes it at once.
UPDATE omnisci.paper_queue q
SET tries = CASE WHEN q.stamp <> :stamp OR d.delay_s IS NULL THEN 0 ELSE :tries END,
    next_try_at = CASE WHEN q.stamp <> :stamp THEN now() ELSE now() + make_interval(secs => d.delay_s) END,
    leased_by = CASE WHEN q.stamp = :stamp AND d.delay_s IS NOT NULL THEN q.leased_by END,
    updated_at = now()
FROM (SELECT CAST(:delay_s AS double precision) AS delay_s) d
WHERE q.paper_id = :paper_id
