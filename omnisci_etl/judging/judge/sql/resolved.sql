-- The versions of a model that its provider has answered with, as the provider names them; the newest last.
SELECT o.model_resolved
FROM attempt_outcome o
JOIN attempt a USING (attempt_id)
JOIN call k USING (call_id)
JOIN model m USING (model_id)
WHERE m.provider = :provider AND m.base_url = :base_url AND m.requested = :model AND o.model_resolved IS NOT NULL
GROUP BY o.model_resolved
ORDER BY max(o.attempt_id)
