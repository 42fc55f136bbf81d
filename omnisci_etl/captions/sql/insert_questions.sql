INSERT INTO omnisci.question (call_id, figure_id, run_key)
SELECT k.call_id, s.figure_id, s.run_key
FROM pg_temp.plan_stage s JOIN omnisci.call k USING (fingerprint)
WHERE s.figure_id IS NOT NULL
ORDER BY k.call_id, s.figure_id
ON CONFLICT (call_id, figure_id) DO NOTHING
