-- The audit of the same anchors that drift is measured against: the newest of the same model before it changed, else the newest
-- of the judges before it (judges of one run stand side by side, and none is before the other).
SELECT a.provider, a.model, a.model_resolved, a.detail, a.audited_at
FROM judge_audit a
WHERE a.bias = 'drift' AND a.anchors_sha256 = :anchors AND a.judge_sha256 <> :judge AND a.run_key <> :run_key
ORDER BY (a.provider = :provider AND a.model = :model) DESC, a.judge_audit_id DESC
LIMIT 1
