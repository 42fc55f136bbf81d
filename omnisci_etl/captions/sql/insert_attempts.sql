INSERT INTO omnisci.attempt (call_id, ordinal, run_key, owner, price, worst_case_usd, lease_until, sent_at, batch_id, sent_image_sha256)
SELECT r.call_id, r.ordinal, :run_key, :owner, r.price, r.worst_case_usd, clock_timestamp() + make_interval(secs => :lease_s),
       clock_timestamp(), CAST(:batch_id AS bigint), r.sent_image_sha256
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (call_id bigint, ordinal integer, price jsonb, worst_case_usd numeric, sent_image_sha256 text)
ORDER BY r.call_id
ON CONFLICT (call_id, ordinal) DO NOTHING
RETURNING attempt_id, call_id
