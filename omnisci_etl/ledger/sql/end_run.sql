INSERT INTO omnisci.run_end (run_key, outcome, counts, error)
VALUES (:run_key, :outcome, CAST(:counts AS jsonb), :error)
ON CONFLICT (run_key) DO NOTHING
