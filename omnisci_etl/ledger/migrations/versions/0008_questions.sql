CREATE TABLE omnisci.question (
  question_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  call_id bigint NOT NULL REFERENCES omnisci.call,
  figure_id bigint NOT NULL REFERENCES omnisci.figure,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  asked_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (call_id, figure_id));
COMMENT ON TABLE omnisci.question IS 'Which figure a call of judging is about; equal questions about two figures are one call.';
COMMENT ON COLUMN omnisci.question.question_id IS 'Key; the first of a call says under which discipline and kind its cost is counted.';
COMMENT ON COLUMN omnisci.question.call_id IS 'The call, of purpose judge or qa.';
COMMENT ON COLUMN omnisci.question.figure_id IS 'The figure.';
COMMENT ON COLUMN omnisci.question.run_key IS 'Run that asked first.';
COMMENT ON COLUMN omnisci.question.asked_at IS 'When it did.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON omnisci.question
  FOR EACH STATEMENT EXECUTE FUNCTION omnisci.refuse_change();
GRANT SELECT ON omnisci.question TO omnisci_reader, omnisci_writer;
GRANT INSERT ON omnisci.question TO omnisci_writer;

-- A call is about the figure of its first route, or, of judging, of its first question.
CREATE OR REPLACE VIEW omnisci.spend AS
WITH attempt AS (
  SELECT a.attempt_id, a.call_id, (a.sent_at AT TIME ZONE 'UTC')::date AS day, o.slug, o.input_tokens, o.output_tokens, o.cost_usd,
         a.worst_case_usd,
         CASE WHEN o.attempt_id IS NOT NULL THEN s.uncertain AND o.http_status IS NULL
              WHEN EXISTS (SELECT FROM omnisci.batch_event e WHERE e.batch_id = a.batch_id) THEN false
              ELSE a.lease_until < now() OR NOT omnisci.owner_alive(a.owner) END AS unknown
  FROM omnisci.attempt a
  LEFT JOIN omnisci.attempt_outcome o USING (attempt_id)
  LEFT JOIN omnisci.status s ON s.slug = o.slug
), place AS (
  SELECT k.call_id, k.purpose, k.prompt_sha256::text AS prompt_sha256, m.provider, m.requested AS model,
         coalesce(g.discipline, 'unknown') AS discipline, coalesce(g.kind, 'unknown') AS kind
  FROM omnisci.call k JOIN omnisci.model m USING (model_id)
  LEFT JOIN LATERAL (
    SELECT f.kind, d.discipline
    FROM (SELECT coalesce(
            (SELECT r.figure_id FROM omnisci.route r WHERE r.call_id = k.call_id ORDER BY r.route_id LIMIT 1),
            (SELECT q.figure_id FROM omnisci.question q WHERE q.call_id = k.call_id ORDER BY q.question_id LIMIT 1)) AS figure_id) about
    JOIN omnisci.figure f USING (figure_id)
    JOIN omnisci.paper_version v ON v.paper_version_id = f.paper_version_id
    LEFT JOIN LATERAL (SELECT discipline FROM omnisci.paper_discipline d WHERE d.paper_id = v.paper_id
                       ORDER BY taxonomy_version DESC, is_primary DESC, discipline LIMIT 1) d ON true) g ON true
), accepted AS (
  SELECT c.call_id, c.attempt_id, count(*) AS accepted
  FROM omnisci.caption c
  JOIN LATERAL (SELECT outcome FROM omnisci.decision d WHERE d.caption_id = c.caption_id
                ORDER BY decision_id DESC LIMIT 1) d ON d.outcome = 'accept'
  GROUP BY c.call_id, c.attempt_id
)
SELECT a.day, p.discipline, p.kind, p.provider, p.model, p.prompt_sha256, p.purpose,
       count(DISTINCT a.call_id) AS calls,
       count(*) AS attempts,
       count(*) FILTER (WHERE s.class <> 'ok') AS failures,
       coalesce(sum(a.input_tokens), 0)::bigint AS input_tokens,
       coalesce(sum(a.output_tokens), 0)::bigint AS output_tokens,
       coalesce(sum(a.cost_usd), 0) AS cost_usd,
       count(*) FILTER (WHERE a.unknown) AS unknown,
       coalesce(sum(a.worst_case_usd) FILTER (WHERE a.unknown), 0) AS cost_unknown_usd,
       coalesce(sum(x.accepted), 0)::bigint AS accepted,
       coalesce(sum(a.cost_usd), 0) / nullif(sum(x.accepted), 0) AS cost_per_accepted
FROM attempt a
JOIN place p USING (call_id)
LEFT JOIN omnisci.status s ON s.slug = a.slug
LEFT JOIN accepted x ON x.attempt_id = a.attempt_id
GROUP BY a.day, p.discipline, p.kind, p.provider, p.model, p.prompt_sha256, p.purpose;
