WITH made AS (
  INSERT INTO omnisci.run (dag_id, run_id, task_id, map_index, try_number, code_version, config)
  VALUES (:dag_id, :run_id, :task_id, :map_index, :try_number, :code_version, CAST(:config AS jsonb))
  ON CONFLICT (dag_id, run_id, task_id, map_index, try_number) DO NOTHING
  RETURNING run_key)
SELECT run_key FROM made
UNION ALL
SELECT run_key FROM omnisci.run
WHERE (dag_id, run_id, task_id, map_index, try_number) = (:dag_id, :run_id, :task_id, :map_index, :try_number)
LIMIT 1
