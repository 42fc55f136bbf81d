INSERT INTO omnisci.export (format, profile, state_sha256, rows, manifest_sha256, run_key)
VALUES (:format, :profile, :state_sha256, :rows, :manifest_sha256, :run_key)
ON CONFLICT (format, profile, state_sha256) DO NOTHING
RETURNING export_id
