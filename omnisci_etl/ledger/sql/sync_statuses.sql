INSERT INTO omnisci.status AS s (slug, stage, class, retryable, billable, uncertain, explanation)
SELECT slug, stage, class, retryable, billable, uncertain, explanation FROM pg_temp.status_stage
ON CONFLICT (slug) DO UPDATE
SET stage = excluded.stage, class = excluded.class, retryable = excluded.retryable,
    billable = excluded.billable, uncertain = excluded.uncertain, explanation = excluded.explanation
WHERE (s.stage, s.class, s.retryable, s.billable, s.uncertain, s.explanation)
  IS DISTINCT FROM (excluded.stage, excluded.class, excluded.retryable, excluded.billable, excluded.uncertain, excluded.explanation)
