-- Batches that are not over. held: another living process is submitting it.
SELECT b.batch_id, b.intent_key, b.provider, b.api, m.base_url, m.requested AS model, b.requests, b.intended_at,
       b.owner <> :owner AND owner_alive(b.owner) AND b.intended_at + make_interval(secs => :lease_s) > clock_timestamp() AS held,
       s.vendor_batch_id, s.happened_at AS submitted_at, e.happened_at AS ended_at, e.status, e.output_file_id, e.error_file_id,
       coalesce(x.slug, e.slug) AS slug, coalesce(x.error, e.error) AS error, x.batch_id IS NOT NULL AS abandoned
FROM batch b JOIN model m USING (model_id)
LEFT JOIN batch_event s ON s.batch_id = b.batch_id AND s.event = 'submitted'
LEFT JOIN batch_event e ON e.batch_id = b.batch_id AND e.event = 'ended'
LEFT JOIN batch_event x ON x.batch_id = b.batch_id AND x.event = 'abandoned'
WHERE NOT EXISTS (SELECT FROM batch_event c WHERE c.batch_id = b.batch_id AND c.event = 'collected')
  AND (x.batch_id IS NULL OR EXISTS (
    SELECT FROM attempt a WHERE a.batch_id = b.batch_id
    AND NOT EXISTS (SELECT FROM attempt_outcome o WHERE o.attempt_id = a.attempt_id)))
  AND (CAST(:batch_id AS bigint) IS NULL OR b.batch_id = :batch_id)
ORDER BY b.batch_id
