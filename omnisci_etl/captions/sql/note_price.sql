-- The price that a run comes with, where it is another than the model's last one.
INSERT INTO omnisci.model_price (model_id, ordinal, input, cached_input, cache_write, output, batch_factor, run_key)
SELECT :model_id, coalesce(l.ordinal, 0) + 1, n.input, n.cached_input, n.cache_write, n.output, n.batch_factor, :run_key
FROM jsonb_to_record(CAST(:price AS jsonb)) AS n (input numeric, cached_input numeric, cache_write numeric, output numeric, batch_factor numeric)
LEFT JOIN LATERAL (SELECT * FROM omnisci.model_price p WHERE p.model_id = :model_id ORDER BY p.ordinal DESC LIMIT 1) l ON true
WHERE (l.input, l.cached_input, l.cache_write, l.output, l.batch_factor)
      IS DISTINCT FROM (n.input, n.cached_input, n.cache_write, n.output, n.batch_factor)
ON CONFLICT (model_id, ordinal) DO NOTHING
