-- An event happens once, and a batch that was given up is not submitted any more, nor the other way round.
INSERT INTO omnisci.batch_event (batch_id, event, vendor_batch_id, status, slug, counts, output_file_id, error_file_id, error, run_key)
SELECT :batch_id, :event, :vendor_batch_id, :status, :slug, CAST(:counts AS jsonb), :output_file_id, :error_file_id, :error, :run_key
WHERE NOT EXISTS (SELECT FROM omnisci.batch_event WHERE batch_id = :batch_id AND event IN ('submitted', 'abandoned') AND :event IN ('submitted', 'abandoned'))
ON CONFLICT DO NOTHING
RETURNING batch_event_id
