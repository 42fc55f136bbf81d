INSERT INTO omnisci.pairwise_judgement (
  caption_id, other_caption_id, call_id, swapped_call_id, answer, swapped_answer, outcome, consistent, rationale, swapped_rationale, run_key)
SELECT caption_id, other_caption_id, call_id, swapped_call_id, answer, swapped_answer, outcome, consistent, rationale, swapped_rationale,
       :run_key
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (
  caption_id bigint, other_caption_id bigint, call_id bigint, swapped_call_id bigint, answer text, swapped_answer text, outcome text,
  consistent boolean, rationale text, swapped_rationale text)
ORDER BY caption_id, other_caption_id
ON CONFLICT (caption_id, other_caption_id, call_id, swapped_call_id) DO NOTHING
