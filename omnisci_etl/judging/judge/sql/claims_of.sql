SELECT n, verdict, text, span, evidence_kind, quote, note, method, model, checked_at
FROM claims
WHERE caption_id = :caption AND is_newest
ORDER BY n
