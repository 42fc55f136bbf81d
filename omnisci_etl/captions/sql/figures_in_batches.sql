-- Calls of figures that are in batches which are not over.
SELECT r.figure_id, k.fingerprint::text AS fingerprint
FROM route r JOIN call k USING (call_id) JOIN attempt a USING (call_id)
WHERE r.figure_id = ANY (CAST(:figures AS bigint[])) AND a.batch_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM attempt_outcome o WHERE o.attempt_id = a.attempt_id)
