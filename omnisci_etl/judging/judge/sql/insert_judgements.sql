INSERT INTO omnisci.judgement (caption_id, call_id, rubric_sha256, dimension, value, rationale, run_key)
SELECT caption_id, call_id, rubric_sha256, dimension, value, rationale, :run_key
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (
  caption_id bigint, call_id bigint, rubric_sha256 text, dimension text, value smallint, rationale text)
ORDER BY caption_id, dimension
ON CONFLICT (caption_id, call_id, rubric_sha256, dimension) DO NOTHING
