SELECT pg_advisory_xact_lock(CAST(:key AS bigint))
