INSERT INTO omnisci.judge_audit (
  audit_sha256, judge_sha256, anchors_sha256, provider, model, model_resolved, items, bias, outcome, value, low, high, n, verdict,
  detail, run_key)
SELECT :audit, :judge, :anchors, :provider, :model, :resolved, :items, bias, outcome, value, low, high, n, verdict, detail, :run_key
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (
  bias text, outcome text, value double precision, low double precision, high double precision, n integer, verdict text, detail jsonb)
ON CONFLICT (audit_sha256, bias) DO NOTHING
