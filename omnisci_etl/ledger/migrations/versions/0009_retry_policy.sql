-- The retry policy: what follows on each outcome of an attempt (retry_policy), under which limits (retry_limits), and what
-- that means for each call (call_standing). Whoever asks a model reads how its call stands there, and nowhere else.

CREATE VIEW omnisci.retry_limits AS
SELECT coalesce(nullif(current_setting('omnisci.strike_cap', true), '')::integer, 3) AS strike_cap,
       coalesce(nullif(current_setting('omnisci.unknown_cap', true), '')::integer, 10) AS unknown_cap,
       coalesce(nullif(current_setting('omnisci.unknown_grace', true), '')::double precision, 10) AS unknown_grace_s,
       coalesce(current_setting('omnisci.strike_cap', true), '') = '' AS is_default;
COMMENT ON VIEW omnisci.retry_limits IS 'The limits of the retry policy for this session: those that a process that asks models has set (omnisci.strike_cap, omnisci.unknown_cap, omnisci.unknown_grace), else the defaults of its settings.';
COMMENT ON COLUMN omnisci.retry_limits.strike_cap IS 'Billable failures that a call may have.';
COMMENT ON COLUMN omnisci.retry_limits.unknown_cap IS 'Attempts without an answer that a call may have.';
COMMENT ON COLUMN omnisci.retry_limits.unknown_grace_s IS 'Seconds after its sending before an attempt without an answer is followed by another.';
COMMENT ON COLUMN omnisci.retry_limits.is_default IS 'Whether this session has stated no strike cap.';

CREATE VIEW omnisci.retry_policy AS
SELECT p.slug, p.class, p.next_step, p.is_strike, p.may_be_charged,
       CASE WHEN p.is_strike THEN l.strike_cap WHEN p.may_be_charged THEN l.unknown_cap END AS at_most,
       CASE p.next_step WHEN 'retry' THEN CASE WHEN p.may_be_charged THEN 'grace' ELSE 'backoff' END
                        WHEN 'strike' THEN 'none' WHEN 'stop' THEN 'next-run' END AS wait,
       CASE WHEN p.next_step = 'retry' AND p.may_be_charged THEN l.unknown_grace_s END AS wait_s,
       p.explanation
FROM omnisci.retry_limits l
CROSS JOIN LATERAL (
  SELECT s.slug, s.class, s.explanation,
         CASE WHEN s.class = 'ok' THEN 'use'
              WHEN s.billable THEN 'strike'
              WHEN NOT s.retryable THEN 'fail'
              WHEN s.class = 'transient' THEN 'retry'
              ELSE 'stop' END AS next_step,
         s.class <> 'ok' AND s.billable AS is_strike,
         s.uncertain AS may_be_charged
  FROM omnisci.status s
  WHERE s.stage = 'call' OR s.slug = 'unreachable') p;
COMMENT ON VIEW omnisci.retry_policy IS 'What follows on an attempt, by the slug of its outcome; the slug unknown stands for an attempt without one.';
COMMENT ON COLUMN omnisci.retry_policy.slug IS 'Slug of the outcome.';
COMMENT ON COLUMN omnisci.retry_policy.class IS 'Its class.';
COMMENT ON COLUMN omnisci.retry_policy.next_step IS 'use (the answer is there), strike (asked again until the strike cap), retry (asked again in the same run, and by later ones), stop (the model is asked nothing more in this run, a later run asks again), fail (never asked again).';
COMMENT ON COLUMN omnisci.retry_policy.is_strike IS 'Whether it counts as a strike: charged for, and of no use.';
COMMENT ON COLUMN omnisci.retry_policy.may_be_charged IS 'Whether, without an HTTP status, nobody knows if it was charged for; it then counts as unknown.';
COMMENT ON COLUMN omnisci.retry_policy.at_most IS 'How many of its kind a call may have; NULL: no limit but that of tries a run.';
COMMENT ON COLUMN omnisci.retry_policy.wait IS 'Before the next attempt: none, backoff (growing, or as long as the vendor asks), grace, next-run; NULL where none follows.';
COMMENT ON COLUMN omnisci.retry_policy.wait_s IS 'Seconds of the grace time.';
COMMENT ON COLUMN omnisci.retry_policy.explanation IS 'What the slug means.';

-- The grace begins anew with the server: its restart takes the locks of living processes, which need a moment to take them
-- again.
CREATE VIEW omnisci.call_standing AS
SELECT k.call_id, n.standing,
       CASE WHEN n.standing = 'grace' THEN z.wait_s ELSE 0 END AS wait_s,
       CASE n.standing
         WHEN 'answered' THEN 'its answer is there'
         WHEN 'failed' THEN CASE WHEN z.next_step = 'fail' THEN z.slug || ' is never tried again'
                                 WHEN t.unknowns >= l.unknown_cap THEN format('%s attempts without an answer, %s are allowed', t.unknowns, l.unknown_cap)
                                 ELSE format('%s strikes, %s are allowed', t.strikes, greatest(t.strikes, l.strike_cap)) END
         WHEN 'batched' THEN 'it is in a batch that is not over'
         WHEN 'busy' THEN 'a process is at it'
         WHEN 'grace' THEN format('%s: an answer may still be on its way', z.slug)
         ELSE CASE WHEN z.slug IS NULL THEN 'not tried yet'
                   WHEN z.next_step = 'strike' THEN format('%s: strike %s of %s', z.slug, t.strikes, l.strike_cap)
                   WHEN z.next_step = 'stop' THEN format('%s: for a later run', z.slug)
                   ELSE format('%s: tried again', z.slug) END END AS why,
       t.attempts, t.strikes, t.unknowns, z.outcome AS last_slug, z.sent_at AS last_sent_at, z.ordinal AS last_ordinal,
       z.batch_id AS last_batch_id
FROM omnisci.retry_limits l
CROSS JOIN omnisci.call k
CROSS JOIN LATERAL (
  SELECT count(*)::integer AS attempts,
         count(*) FILTER (WHERE p.is_strike)::integer AS strikes,
         count(*) FILTER (WHERE p.may_be_charged AND o.http_status IS NULL)::integer AS unknowns,
         coalesce(bool_or(p.next_step = 'use'), false) AS answered
  FROM omnisci.attempt a LEFT JOIN omnisci.attempt_outcome o USING (attempt_id)
  JOIN omnisci.retry_policy p ON p.slug = coalesce(o.slug, 'unknown')
  WHERE a.call_id = k.call_id) t
LEFT JOIN LATERAL (
  SELECT a.ordinal, a.sent_at, a.batch_id, p.slug, o.slug AS outcome, p.next_step,
         o.attempt_id IS NULL AND a.batch_id IS NOT NULL AS batched,
         o.attempt_id IS NULL AND a.lease_until > clock_timestamp() AND omnisci.owner_alive(a.owner) AS open,
         CASE WHEN p.may_be_charged AND o.http_status IS NULL
              THEN greatest(0, extract(epoch FROM greatest(a.sent_at, pg_postmaster_start_time()) - clock_timestamp())::double precision + p.wait_s) ELSE 0 END AS wait_s
  FROM omnisci.attempt a LEFT JOIN omnisci.attempt_outcome o USING (attempt_id)
  JOIN omnisci.retry_policy p ON p.slug = coalesce(o.slug, 'unknown')
  WHERE a.call_id = k.call_id ORDER BY a.ordinal DESC LIMIT 1) z ON true
CROSS JOIN LATERAL (
  SELECT CASE WHEN t.answered THEN 'answered'
              WHEN z.batched THEN 'batched'
              WHEN z.open THEN 'busy'
              WHEN z.next_step = 'fail' OR t.strikes >= l.strike_cap OR t.unknowns >= l.unknown_cap
                   OR (z.slug = 'strikes-out' AND l.is_default) THEN 'failed'
              WHEN z.wait_s > 0 THEN 'grace'
              ELSE 'ready' END AS standing) n;
COMMENT ON VIEW omnisci.call_standing IS 'How each wanted answer stands for whoever may ask for it now, by the retry policy.';
COMMENT ON COLUMN omnisci.call_standing.call_id IS 'The call.';
COMMENT ON COLUMN omnisci.call_standing.standing IS 'answered, failed (for good), batched (in a batch that is not over), busy (a living process waits for its answer), grace (an answer that never came may still have been given, and the grace time since it was sent is not over), ready.';
COMMENT ON COLUMN omnisci.call_standing.wait_s IS 'Seconds of the grace time that are left.';
COMMENT ON COLUMN omnisci.call_standing.why IS 'The reason in words.';
COMMENT ON COLUMN omnisci.call_standing.attempts IS 'Attempts made.';
COMMENT ON COLUMN omnisci.call_standing.strikes IS 'Those that were charged for and of no use.';
COMMENT ON COLUMN omnisci.call_standing.unknowns IS 'Those whose answer never came; the one under way among them.';
COMMENT ON COLUMN omnisci.call_standing.last_slug IS 'Outcome of the last attempt; NULL where it has none.';
COMMENT ON COLUMN omnisci.call_standing.last_sent_at IS 'When the last attempt was sent.';
COMMENT ON COLUMN omnisci.call_standing.last_ordinal IS 'Number of the last attempt.';
COMMENT ON COLUMN omnisci.call_standing.last_batch_id IS 'The batch that carries or carried the last attempt.';

-- strikes-out is the verdict of the run that wrote it, under its own cap: it holds for whoever states no other.
CREATE OR REPLACE VIEW omnisci.call_status AS
SELECT c.call_id, k.purpose,
       CASE WHEN c.standing IN ('answered', 'failed') THEN c.standing
            WHEN c.attempts = 0 THEN 'planned'
            WHEN c.standing = 'batched' AND EXISTS (
              SELECT FROM omnisci.batch_event e WHERE e.batch_id = c.last_batch_id) THEN 'batched'
            WHEN c.last_slug IS NULL THEN 'unknown'
            ELSE 'retry' END AS state,
       c.attempts, c.strikes, c.unknowns,
       CASE WHEN c.standing = 'failed' AND c.last_slug IS DISTINCT FROM 'strikes-out' AND c.unknowns >= l.unknown_cap
            THEN 'unknowns-out' ELSE c.last_slug END AS last_slug,
       c.last_sent_at, c.last_ordinal
FROM omnisci.retry_limits l CROSS JOIN omnisci.call_standing c JOIN omnisci.call k USING (call_id);
COMMENT ON VIEW omnisci.call_status IS 'How each wanted answer stands: state is answered, failed, batched (in a batch that the vendor has), unknown, retry or planned; call_standing says what may be done about it now, and why.';

-- What models cost, from when on: a row each time that a run comes with another price than the last one.
CREATE TABLE omnisci.model_price (
  model_id bigint NOT NULL REFERENCES omnisci.model,
  ordinal integer NOT NULL CHECK (ordinal > 0),
  input numeric NOT NULL CHECK (input >= 0),
  cached_input numeric NOT NULL CHECK (cached_input >= 0),
  cache_write numeric NOT NULL CHECK (cache_write >= 0),
  output numeric NOT NULL CHECK (output >= 0),
  batch_factor numeric NOT NULL CHECK (batch_factor >= 0 AND batch_factor <= 1),
  run_key bigint NOT NULL REFERENCES omnisci.run,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (model_id, ordinal));
COMMENT ON TABLE omnisci.model_price IS 'The prices of a model in US dollars for a million tokens, from `since` until the next row of the model; written when a run first comes with them. Each attempt keeps the price that it was sent at.';
COMMENT ON COLUMN omnisci.model_price.batch_factor IS 'What a price is multiplied by in a batch.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON omnisci.model_price
  FOR EACH STATEMENT EXECUTE FUNCTION omnisci.refuse_change();

CREATE VIEW omnisci.prices AS
SELECT m.provider, m.requested AS model, p.model_id, p.input, p.cached_input, p.cache_write, p.output, p.batch_factor, p.since,
       lead(p.since) OVER (PARTITION BY p.model_id ORDER BY p.ordinal) AS until
FROM omnisci.model_price p JOIN omnisci.model m USING (model_id);
COMMENT ON VIEW omnisci.prices IS 'What each model cost and when, in US dollars for a million tokens.';
COMMENT ON COLUMN omnisci.prices.provider IS 'Provider, by its name in the routes file.';
COMMENT ON COLUMN omnisci.prices.model IS 'Model, as it is requested.';
COMMENT ON COLUMN omnisci.prices.model_id IS 'The model with its parameters.';
COMMENT ON COLUMN omnisci.prices.input IS 'Of input tokens.';
COMMENT ON COLUMN omnisci.prices.cached_input IS 'Of input tokens that the vendor had in its cache.';
COMMENT ON COLUMN omnisci.prices.cache_write IS 'Of input tokens that the vendor wrote into its cache.';
COMMENT ON COLUMN omnisci.prices.output IS 'Of output tokens, reasoning included.';
COMMENT ON COLUMN omnisci.prices.batch_factor IS 'What these are multiplied by in a batch.';
COMMENT ON COLUMN omnisci.prices.since IS 'When a run first came with these prices.';
COMMENT ON COLUMN omnisci.prices.until IS 'When one came with others; NULL while they hold.';

GRANT SELECT ON omnisci.retry_limits, omnisci.retry_policy, omnisci.call_standing, omnisci.model_price, omnisci.prices
  TO omnisci_reader, omnisci_writer;
GRANT INSERT ON omnisci.model_price TO omnisci_writer;
