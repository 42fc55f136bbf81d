SELECT s.figure_id, k.call_id FROM pg_temp.plan_stage s JOIN omnisci.call k USING (fingerprint) ORDER BY s.figure_id
