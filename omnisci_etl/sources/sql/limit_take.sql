SELECT pg_advisory_lock(hashtext('omnisci.limiter'), hashtext(:service))
