-- Rows that a run wrote, by table and task (parameter run_id; empty: every run of the last day).
WITH r AS (
  SELECT run_key, dag_id, run_id, task_id, try_number FROM run
  WHERE CASE WHEN CAST(:run_id AS text) = '' THEN started_at > now() - interval '1 day' ELSE run_id = :run_id END
), written AS (
  SELECT run_key, 'fetch' AS written FROM omnisci.fetch UNION ALL
  SELECT run_key, 'paper' FROM paper UNION ALL
  SELECT run_key, 'paper_state' FROM paper_state UNION ALL
  SELECT run_key, 'extraction' FROM extraction UNION ALL
  SELECT e.run_key, 'figure' FROM figure JOIN extraction e USING (extraction_id) UNION ALL
  SELECT run_key, 'call' FROM call UNION ALL
  SELECT run_key, 'attempt' FROM attempt UNION ALL
  SELECT run_key, 'caption' FROM caption UNION ALL
  SELECT run_key, 'score' FROM score UNION ALL
  SELECT run_key, 'decision' FROM decision UNION ALL
  SELECT run_key, 'sample' FROM sample UNION ALL
  SELECT run_key, 'rating' FROM rating UNION ALL
  SELECT run_key, 'export' FROM export
)
SELECT r.dag_id, r.run_id, r.task_id, r.try_number, w.written, count(*) AS rows
FROM r JOIN written w USING (run_key)
GROUP BY r.dag_id, r.run_id, r.task_id, r.try_number, w.written
ORDER BY r.run_id, r.task_id, w.written
