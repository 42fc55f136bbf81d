SELECT export_id, rows, manifest_sha256::text AS manifest_sha256 FROM omnisci.export
WHERE format = :format AND profile = :profile AND state_sha256 = :state_sha256
