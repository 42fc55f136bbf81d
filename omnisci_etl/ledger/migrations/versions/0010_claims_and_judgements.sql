-- Claims: one examination of a caption's statements, and the statements with their verdicts.

CREATE TABLE omnisci.claim_check (
  claim_check_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  caption_id bigint NOT NULL REFERENCES omnisci.caption,
  config_sha256 omnisci.sha256_hex NOT NULL,
  split_method text NOT NULL CHECK (split_method IN ('model', 'sentences')),
  split_call_id bigint REFERENCES omnisci.call,
  claims integer NOT NULL CHECK (claims >= 0),
  odd jsonb NOT NULL DEFAULT '{}',
  run_key bigint NOT NULL REFERENCES omnisci.run,
  checked_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (caption_id, config_sha256),
  CHECK (split_call_id IS NOT NULL OR split_method = 'sentences'));
COMMENT ON TABLE omnisci.claim_check IS 'One examination of a caption''s statements. config_sha256 covers judge, prompts and code version, so that nothing is examined twice.';
COMMENT ON COLUMN omnisci.claim_check.odd IS 'What models answered and was not used, counted by reason: dropped and added statements, missing, doubled, foreign numbers, quotations that are not there.';

CREATE TABLE omnisci.claim (
  claim_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  claim_check_id bigint NOT NULL REFERENCES omnisci.claim_check,
  caption_id bigint NOT NULL REFERENCES omnisci.caption,
  n integer NOT NULL CHECK (n > 0),
  text text NOT NULL CHECK (text <> ''),
  span text NOT NULL CHECK (span <> ''),
  verdict text NOT NULL CHECK (verdict IN ('supported-by-picture', 'supported-by-text', 'contradicted', 'not-visible', 'unknown')),
  evidence_kind text NOT NULL CHECK (evidence_kind IN ('picture', 'text', 'none')),
  quote text NOT NULL,
  note text NOT NULL DEFAULT '',
  call_id bigint REFERENCES omnisci.call,
  method text NOT NULL CHECK (method IN ('model', 'text')),
  run_key bigint NOT NULL REFERENCES omnisci.run,
  UNIQUE (claim_check_id, n),
  CHECK ((call_id IS NOT NULL) = (method = 'model')));
CREATE INDEX claim_caption ON omnisci.claim (caption_id);
COMMENT ON TABLE omnisci.claim IS 'A statement of a caption that can be checked, and its verdict with the evidence quoted.';
COMMENT ON COLUMN omnisci.claim.span IS 'The caption''s own words that the statement rests on.';
COMMENT ON COLUMN omnisci.claim.note IS 'Why the verdict is not what the model answered: missing, doubled, unquoted, no-picture.';

-- Judgements by a rubric, and of pairs.

CREATE TABLE omnisci.rubric (
  rubric_sha256 omnisci.sha256_hex PRIMARY KEY,
  name text NOT NULL,
  version text NOT NULL,
  content jsonb NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  registered_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE omnisci.rubric IS 'A rubric of judges by the hash of its content: dimensions, weights, and what each mark means.';

CREATE TABLE omnisci.judgement (
  judgement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  caption_id bigint NOT NULL REFERENCES omnisci.caption,
  call_id bigint NOT NULL REFERENCES omnisci.call,
  rubric_sha256 omnisci.sha256_hex NOT NULL REFERENCES omnisci.rubric,
  dimension text NOT NULL,
  value smallint NOT NULL CHECK (value BETWEEN 1 AND 5),
  rationale text NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  judged_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (caption_id, call_id, rubric_sha256, dimension));
COMMENT ON TABLE omnisci.judgement IS 'A judge''s mark (1 worst, 5 best) for a caption in a dimension of a rubric, with the rationale that it gave first.';

CREATE TABLE omnisci.pairwise_judgement (
  pairwise_judgement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  caption_id bigint NOT NULL REFERENCES omnisci.caption,
  other_caption_id bigint NOT NULL REFERENCES omnisci.caption,
  call_id bigint NOT NULL REFERENCES omnisci.call,
  swapped_call_id bigint NOT NULL REFERENCES omnisci.call,
  answer text NOT NULL CHECK (answer IN ('first', 'second', 'tie')),
  swapped_answer text NOT NULL CHECK (swapped_answer IN ('first', 'second', 'tie')),
  outcome text NOT NULL CHECK (outcome IN ('caption', 'other', 'tie')),
  consistent boolean NOT NULL,
  rationale text NOT NULL,
  swapped_rationale text NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  judged_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (caption_id, other_caption_id, call_id, swapped_call_id),
  CHECK (caption_id < other_caption_id));
COMMENT ON TABLE omnisci.pairwise_judgement IS 'Two captions of a figure compared in both orders: caption first (call_id), other first (swapped_call_id). Where the two answers name different captions, the outcome is a tie.';

CREATE TABLE omnisci.judge_audit (
  judge_audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  audit_sha256 omnisci.sha256_hex NOT NULL,
  judge_sha256 omnisci.sha256_hex NOT NULL,
  anchors_sha256 omnisci.sha256_hex NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  model_resolved text,
  items integer NOT NULL CHECK (items > 0),
  bias text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('clean', 'biased', 'not-measured')),
  value double precision,
  low double precision,
  high double precision,
  n integer NOT NULL CHECK (n >= 0),
  verdict text NOT NULL,
  detail jsonb NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  audited_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (audit_sha256, bias));
COMMENT ON TABLE omnisci.judge_audit IS 'What the built-in test found of a judge, a row a bias, with its 95 % interval. audit_sha256 covers judge, prompts, rubric, anchors and number of items; judge_sha256 the judge alone.';
COMMENT ON COLUMN omnisci.judge_audit.detail IS 'The measurements behind the verdict; of drift the mark of every anchor, which the next audit is compared with.';

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['claim_check', 'claim', 'rubric', 'judgement', 'pairwise_judgement', 'judge_audit'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON omnisci.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION omnisci.refuse_change()', name);
  END LOOP;
END $$;
GRANT SELECT ON omnisci.claim_check, omnisci.claim, omnisci.rubric, omnisci.judgement, omnisci.pairwise_judgement, omnisci.judge_audit
  TO omnisci_reader, omnisci_writer;
GRANT INSERT ON omnisci.claim_check, omnisci.claim, omnisci.rubric, omnisci.judgement, omnisci.pairwise_judgement, omnisci.judge_audit
  TO omnisci_writer;

CREATE VIEW omnisci.claims AS
SELECT m.caption_id, c.figure_id, k.checked_at = max(k.checked_at) OVER (PARTITION BY m.caption_id) AS is_newest, m.n, m.text, m.span,
       m.verdict, m.evidence_kind, m.quote, m.note, m.method, j.provider, j.requested AS model, m.call_id, k.split_method, k.checked_at
FROM omnisci.claim m
JOIN omnisci.claim_check k USING (claim_check_id)
JOIN omnisci.caption c ON c.caption_id = m.caption_id
LEFT JOIN omnisci.call q ON q.call_id = m.call_id
LEFT JOIN omnisci.model j ON j.model_id = q.model_id;
COMMENT ON VIEW omnisci.claims IS 'Every checked statement of every caption, with its verdict and the evidence for it.';
COMMENT ON COLUMN omnisci.claims.caption_id IS 'The caption that makes the statement.';
COMMENT ON COLUMN omnisci.claims.figure_id IS 'The figure of the caption.';
COMMENT ON COLUMN omnisci.claims.is_newest IS 'Whether the statement is of the newest examination of the caption.';
COMMENT ON COLUMN omnisci.claims.n IS 'The number of the statement in its examination.';
COMMENT ON COLUMN omnisci.claims.text IS 'The statement, readable alone.';
COMMENT ON COLUMN omnisci.claims.span IS 'The caption''s own words that it rests on.';
COMMENT ON COLUMN omnisci.claims.verdict IS 'supported-by-picture, supported-by-text, contradicted, not-visible or unknown.';
COMMENT ON COLUMN omnisci.claims.evidence_kind IS 'What the verdict rests on: picture, text or none.';
COMMENT ON COLUMN omnisci.claims.quote IS 'The words of the evidence, or what is seen in the picture.';
COMMENT ON COLUMN omnisci.claims.note IS 'Why the verdict is not what the model answered (missing, doubled, unquoted, no-picture); else empty.';
COMMENT ON COLUMN omnisci.claims.method IS 'model, or text where no model judged it.';
COMMENT ON COLUMN omnisci.claims.provider IS 'The provider of the judging model; NULL by text.';
COMMENT ON COLUMN omnisci.claims.model IS 'The judging model as requested; NULL by text.';
COMMENT ON COLUMN omnisci.claims.call_id IS 'The call that gave the verdict; NULL by text.';
COMMENT ON COLUMN omnisci.claims.split_method IS 'How the caption was split: model or sentences.';
COMMENT ON COLUMN omnisci.claims.checked_at IS 'When the caption was examined.';
GRANT SELECT ON omnisci.claims TO omnisci_reader, omnisci_writer;

CREATE VIEW omnisci.judgements AS
SELECT j.caption_id, c.figure_id, w.family AS captioner_family, w.requested AS captioner, m.provider, m.requested AS judge,
       r.name AS rubric, r.version AS rubric_version, j.dimension, j.value, j.rationale, j.call_id, j.judged_at
FROM omnisci.judgement j
JOIN omnisci.rubric r USING (rubric_sha256)
JOIN omnisci.caption c ON c.caption_id = j.caption_id
JOIN omnisci.model w ON w.model_id = c.model_id
JOIN omnisci.call k ON k.call_id = j.call_id
JOIN omnisci.model m ON m.model_id = k.model_id;
COMMENT ON VIEW omnisci.judgements IS 'Every mark that a judge gave a caption, a row a dimension, with its rationale.';
COMMENT ON COLUMN omnisci.judgements.caption_id IS 'The caption that was judged.';
COMMENT ON COLUMN omnisci.judgements.figure_id IS 'The figure of the caption.';
COMMENT ON COLUMN omnisci.judgements.captioner_family IS 'The family of the model that wrote the caption.';
COMMENT ON COLUMN omnisci.judgements.captioner IS 'The model that wrote the caption, as requested.';
COMMENT ON COLUMN omnisci.judgements.provider IS 'The provider of the judge.';
COMMENT ON COLUMN omnisci.judgements.judge IS 'The judging model, as requested.';
COMMENT ON COLUMN omnisci.judgements.rubric IS 'The name of the rubric.';
COMMENT ON COLUMN omnisci.judgements.rubric_version IS 'The version of the rubric.';
COMMENT ON COLUMN omnisci.judgements.dimension IS 'What was judged.';
COMMENT ON COLUMN omnisci.judgements.value IS 'The mark, 1 worst to 5 best.';
COMMENT ON COLUMN omnisci.judgements.rationale IS 'What the judge gave as its reason, before the mark.';
COMMENT ON COLUMN omnisci.judgements.call_id IS 'The call that gave the mark.';
COMMENT ON COLUMN omnisci.judgements.judged_at IS 'When it was stored.';
GRANT SELECT ON omnisci.judgements TO omnisci_reader, omnisci_writer;
