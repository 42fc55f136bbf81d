SELECT call_id, fingerprint::text AS fingerprint FROM call WHERE fingerprint = ANY (CAST(:fingerprints AS text[]))
