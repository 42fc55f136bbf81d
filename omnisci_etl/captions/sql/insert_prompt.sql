INSERT INTO omnisci.prompt (prompt_sha256, name, version, purpose, system, template, output_schema, run_key)
VALUES (:prompt_sha256, :name, :version, :purpose, :system, :template, CAST(:output_schema AS jsonb), :run_key)
ON CONFLICT (prompt_sha256) DO NOTHING
