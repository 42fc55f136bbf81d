SELECT provider, model, model_resolved, items, bias, outcome, value, low, high, n, verdict, detail, audited_at
FROM judge_audit
WHERE audit_sha256 = ANY (CAST(:audits AS text[]))
ORDER BY judge_audit_id
