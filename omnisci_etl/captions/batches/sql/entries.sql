-- The requests of a batch: what each needs to be settled, whatever routes and prompts say by now.
SELECT k.fingerprint::text AS custom_id, a.call_id, a.attempt_id, a.ordinal, a.price, a.worst_case_usd, k.prompt_sha256::text AS prompt_sha256,
       o.attempt_id IS NOT NULL AS settled,
       (SELECT count(*) FROM attempt b JOIN attempt_outcome p USING (attempt_id) JOIN status t USING (slug)
        WHERE b.call_id = a.call_id AND t.class <> 'ok' AND (t.billable OR t.slug = 'strikes-out')) AS strikes
FROM attempt a JOIN call k USING (call_id) LEFT JOIN attempt_outcome o USING (attempt_id)
WHERE a.batch_id = :batch_id
ORDER BY a.attempt_id
