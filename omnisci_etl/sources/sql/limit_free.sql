SELECT pg_advisory_unlock(hashtext('omnisci.limiter'), hashtext(:service))
