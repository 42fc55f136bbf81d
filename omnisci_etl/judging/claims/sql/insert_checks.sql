-- Examinations with their claims; of one that is stored already neither the row nor its claims are written again.
WITH given AS (
  SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
    caption_id bigint, config_sha256 text, split_method text, split_call_id bigint, odd jsonb, claims jsonb)
), made AS (
  INSERT INTO omnisci.claim_check (caption_id, config_sha256, split_method, split_call_id, claims, odd, run_key)
  SELECT caption_id, config_sha256, split_method, split_call_id, jsonb_array_length(claims), odd, :run_key FROM given ORDER BY caption_id
  ON CONFLICT (caption_id, config_sha256) DO NOTHING
  RETURNING claim_check_id, caption_id, config_sha256
)
INSERT INTO omnisci.claim (claim_check_id, caption_id, n, text, span, verdict, evidence_kind, quote, note, call_id, method, run_key)
SELECT m.claim_check_id, m.caption_id, c.n, c.text, c.span, c.verdict, c.evidence_kind, c.quote, c.note, c.call_id, c.method, :run_key
FROM made m
JOIN given g ON g.caption_id = m.caption_id AND g.config_sha256 = m.config_sha256
CROSS JOIN LATERAL jsonb_to_recordset(g.claims) AS c (
  n integer, text text, span text, verdict text, evidence_kind text, quote text, note text, call_id bigint, method text)
ORDER BY m.claim_check_id, c.n
