CREATE VIEW omnisci.decisions AS
SELECT DISTINCT ON (d.caption_id)
       d.caption_id, d.decision_id, d.policy, d.policy_sha256, d.outcome, d.slug, d.gate_score, d.reason, d.run_key, d.decided_at,
       d.outcome = 'escalate' OR (d.outcome = 'reject' AND coalesce(d.reason ->> 'stopped_at', 'text') <> 'text') AS turned_down
FROM omnisci.decision d
ORDER BY d.caption_id, d.decision_id DESC;
COMMENT ON VIEW omnisci.decisions IS 'The newest decision of the gate on each caption: the one that holds.';
COMMENT ON COLUMN omnisci.decisions.caption_id IS 'The caption.';
COMMENT ON COLUMN omnisci.decisions.decision_id IS 'The decision.';
COMMENT ON COLUMN omnisci.decisions.policy IS 'Name of the gate''s policy.';
COMMENT ON COLUMN omnisci.decisions.policy_sha256 IS 'Hash of the policy with its thresholds.';
COMMENT ON COLUMN omnisci.decisions.outcome IS 'accept, reject, abstain or escalate.';
COMMENT ON COLUMN omnisci.decisions.slug IS 'Why, as a slug.';
COMMENT ON COLUMN omnisci.decisions.gate_score IS 'The gate score, 0 to 1.';
COMMENT ON COLUMN omnisci.decisions.reason IS 'Thresholds with their sources, what was looked at, and where it stopped.';
COMMENT ON COLUMN omnisci.decisions.run_key IS 'The run that decided.';
COMMENT ON COLUMN omnisci.decisions.decided_at IS 'When.';
COMMENT ON COLUMN omnisci.decisions.turned_down IS 'Whether a stage of the gate behind the text turned the caption down: another model may do better, whatever the gate score.';
GRANT SELECT ON omnisci.decisions TO omnisci_reader, omnisci_writer;
