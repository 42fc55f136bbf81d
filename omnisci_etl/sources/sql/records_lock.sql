SELECT pg_advisory_xact_lock(hashtext('omnisci.records'), hashtext(:source))
