INSERT INTO omnisci.attempt_outcome (
  attempt_id, slug, http_status, request_id, response_id, model_resolved, finish_reason, input_tokens, cached_tokens,
  cache_write_tokens, output_tokens, reasoning_tokens, cost_usd, latency_ms, retry_after_s, error, response_sha256)
SELECT attempt_id, slug, http_status, request_id, response_id, model_resolved, finish_reason, input_tokens, cached_tokens,
       cache_write_tokens, output_tokens, reasoning_tokens, cost_usd, latency_ms, retry_after_s, error, response_sha256
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (
  attempt_id bigint, slug text, http_status integer, request_id text, response_id text, model_resolved text, finish_reason text,
  input_tokens bigint, cached_tokens bigint, cache_write_tokens bigint, output_tokens bigint, reasoning_tokens bigint,
  cost_usd numeric, latency_ms integer, retry_after_s double precision, error text, response_sha256 text)
ORDER BY attempt_id
ON CONFLICT (attempt_id) DO NOTHING
