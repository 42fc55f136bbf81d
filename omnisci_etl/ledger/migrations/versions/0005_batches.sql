-- Batches: the intent of one is committed with its attempts before the vendor hears of it; what became of it are events.
CREATE TABLE omnisci.batch (
  batch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  intent_key text NOT NULL UNIQUE,
  provider text NOT NULL,
  api text NOT NULL CHECK (api IN ('openai', 'anthropic')),
  model_id bigint NOT NULL REFERENCES omnisci.model,
  requests integer NOT NULL CHECK (requests > 0),
  bytes bigint NOT NULL CHECK (bytes > 0),
  run_key bigint NOT NULL REFERENCES omnisci.run,
  owner bigint NOT NULL,
  intended_at timestamptz NOT NULL DEFAULT clock_timestamp());
COMMENT ON TABLE omnisci.batch IS 'The intent of a provider batch, committed with its attempts and their worst-case prices before anything is sent. owner is the advisory lock of the submitting process.';
COMMENT ON COLUMN omnisci.batch.intent_key IS 'Our name of the batch; OpenAI keeps it in the metadata of the batch.';

CREATE TABLE omnisci.batch_event (
  batch_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id bigint NOT NULL REFERENCES omnisci.batch,
  event text NOT NULL CHECK (event IN ('submitted', 'ended', 'collected', 'abandoned')),
  vendor_batch_id text CHECK ((vendor_batch_id IS NOT NULL) = (event = 'submitted')),
  status text,
  slug text REFERENCES omnisci.status,
  counts jsonb NOT NULL DEFAULT '{}',
  output_file_id text,
  error_file_id text,
  error text,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (batch_id, event));
CREATE UNIQUE INDEX batch_event_vendor ON omnisci.batch_event (vendor_batch_id) WHERE vendor_batch_id IS NOT NULL;
COMMENT ON TABLE omnisci.batch_event IS 'What became of a batch, each at most once: submitted (with the vendor''s id), ended (the vendor''s status and counts), collected (our own counts: matched, missing, duplicate, foreign, garbled), abandoned (refused, or looked for and not there).';

CREATE TABLE omnisci.batch_stray (
  batch_stray_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id bigint NOT NULL REFERENCES omnisci.batch,
  kind text NOT NULL CHECK (kind IN ('duplicate', 'foreign', 'garbled')),
  custom_id text,
  line_sha256 omnisci.sha256_hex NOT NULL REFERENCES omnisci.blob,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  found_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (batch_id, kind, line_sha256));
COMMENT ON TABLE omnisci.batch_stray IS 'Lines of a batch''s results that were not applied: a second answer to a request, an answer to none of ours, or no JSON. The line is kept as a blob.';

ALTER TABLE omnisci.attempt ADD COLUMN batch_id bigint REFERENCES omnisci.batch;
CREATE UNIQUE INDEX attempt_batch ON omnisci.attempt (batch_id, call_id) WHERE batch_id IS NOT NULL;
COMMENT ON COLUMN omnisci.attempt.batch_id IS 'The batch that carries it; NULL for an on-line request.';

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['batch', 'batch_event', 'batch_stray'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON omnisci.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION omnisci.refuse_change()', name);
  END LOOP;
END $$;
GRANT SELECT ON omnisci.batch, omnisci.batch_event, omnisci.batch_stray TO omnisci_reader, omnisci_writer;
GRANT INSERT ON omnisci.batch, omnisci.batch_event, omnisci.batch_stray TO omnisci_writer;

-- An attempt in a batch that the vendor has is not unknown, whoever lives; one whose batch may or may not be there is.
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
    FROM omnisci.route r JOIN omnisci.figure f USING (figure_id)
    JOIN omnisci.paper_version v ON v.paper_version_id = f.paper_version_id
    LEFT JOIN LATERAL (SELECT discipline FROM omnisci.paper_discipline d WHERE d.paper_id = v.paper_id
                       ORDER BY taxonomy_version DESC, is_primary DESC, discipline LIMIT 1) d ON true
    WHERE r.call_id = k.call_id ORDER BY r.route_id LIMIT 1) g ON true
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

CREATE OR REPLACE VIEW omnisci.call_status AS
SELECT k.call_id, k.purpose,
       CASE WHEN bool_or(s.class = 'ok') THEN 'answered'
            WHEN l.last_slug IS NOT NULL AND NOT ls.retryable THEN 'failed'
            WHEN count(a.attempt_id) = 0 THEN 'planned'
            WHEN bool_or(o.attempt_id IS NULL AND EXISTS (
              SELECT FROM omnisci.batch_event e WHERE e.batch_id = a.batch_id)) THEN 'batched'
            WHEN bool_or(o.attempt_id IS NULL AND a.ordinal = l.last_ordinal) THEN 'unknown'
            ELSE 'retry' END AS state,
       count(a.attempt_id)::integer AS attempts,
       count(*) FILTER (WHERE s.billable)::integer AS strikes,
       count(a.attempt_id) FILTER (WHERE o.attempt_id IS NULL)::integer AS unknowns,
       l.last_slug, l.last_sent_at, l.last_ordinal
FROM omnisci.call k
LEFT JOIN omnisci.attempt a USING (call_id)
LEFT JOIN omnisci.attempt_outcome o USING (attempt_id)
LEFT JOIN omnisci.status s ON s.slug = o.slug
LEFT JOIN LATERAL (SELECT x.ordinal AS last_ordinal, x.sent_at AS last_sent_at, y.slug AS last_slug
                   FROM omnisci.attempt x LEFT JOIN omnisci.attempt_outcome y USING (attempt_id)
                   WHERE x.call_id = k.call_id ORDER BY x.ordinal DESC LIMIT 1) l ON true
LEFT JOIN omnisci.status ls ON ls.slug = l.last_slug
GROUP BY k.call_id, k.purpose, l.last_slug, l.last_sent_at, l.last_ordinal, ls.retryable;

COMMENT ON VIEW omnisci.call_status IS 'How each wanted answer stands; state is answered, failed, batched (in a batch that the vendor has), unknown, retry or planned.';
