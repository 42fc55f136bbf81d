INSERT INTO omnisci.rubric (rubric_sha256, name, version, content, run_key)
VALUES (:rubric_sha256, :name, :version, CAST(:content AS jsonb), :run_key)
ON CONFLICT (rubric_sha256) DO NOTHING
