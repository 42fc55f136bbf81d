-- The requests of a batch: what each needs to be settled, whatever routes and prompts say by now.
SELECT k.fingerprint::text AS custom_id, a.call_id, a.attempt_id, a.ordinal, a.price, a.worst_case_usd, k.prompt_sha256::text AS prompt_sha256,
       o.attempt_id IS NOT NULL AS settled, s.strikes
FROM attempt a JOIN call k USING (call_id) JOIN call_standing s USING (call_id) LEFT JOIN attempt_outcome o USING (attempt_id)
WHERE a.batch_id = :batch_id
ORDER BY a.attempt_id
