INSERT INTO omnisci.export_file (export_id, path, sha256, bytes, rows)
SELECT export_id, path, sha256, bytes, rows FROM pg_temp.export_file_stage ORDER BY path
