CREATE DOMAIN omnisci.sha256_hex AS text CHECK (VALUE ~ '^[0-9a-f]{64}$');

-- Enumerations that code keeps in step at every upgrade.

CREATE TABLE omnisci.status (
  slug text PRIMARY KEY CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  stage text NOT NULL,
  class text NOT NULL CHECK (class IN ('ok', 'transient', 'terminal', 'bad-input', 'security', 'budget', 'policy')),
  retryable boolean NOT NULL,
  billable boolean NOT NULL,
  uncertain boolean NOT NULL,
  explanation text NOT NULL);
COMMENT ON TABLE omnisci.status IS 'Every slug that a row can carry, and what it means for a retry and for the bill.';

CREATE TABLE omnisci.license_class (
  slug text PRIMARY KEY,
  rank smallint NOT NULL,
  exportable boolean NOT NULL,
  explanation text NOT NULL);
COMMENT ON TABLE omnisci.license_class IS 'Normalised licences; where two statements differ the higher rank (the stricter one) holds.';
INSERT INTO omnisci.license_class VALUES
  ('unknown', 0, false, 'No licence was found.'),
  ('cc0', 1, true, 'Creative Commons Zero or public domain.'),
  ('cc-by', 2, true, 'Creative Commons Attribution.'),
  ('cc-by-sa', 3, true, 'Creative Commons Attribution-ShareAlike.'),
  ('cc-by-nc', 4, false, 'Non-commercial; by a named profile only.'),
  ('cc-by-nc-sa', 5, false, 'Non-commercial, share-alike; by a named profile only.'),
  ('cc-by-nd', 6, false, 'No derivatives: captions and crops may not be shared.'),
  ('cc-by-nc-nd', 7, false, 'Non-commercial, no derivatives.'),
  ('arxiv-nonexclusive', 8, false, 'arXiv''s non-exclusive licence to distribute: never with the picture.'),
  ('all-rights-reserved', 9, false, 'The publisher reserves all rights.');

-- Runs: one row a task try (or command) that wrote anything.

CREATE TABLE omnisci.run (
  run_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dag_id text NOT NULL,
  run_id text NOT NULL,
  task_id text NOT NULL,
  map_index integer NOT NULL DEFAULT -1,
  try_number integer NOT NULL DEFAULT 1,
  code_version text NOT NULL,
  config jsonb NOT NULL DEFAULT '{}',
  started_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (dag_id, run_id, task_id, map_index, try_number));
COMMENT ON TABLE omnisci.run IS 'One task try of Airflow, or one command (dag_id "cli"), with the code and settings it ran with.';

CREATE TABLE omnisci.run_end (
  run_key bigint PRIMARY KEY REFERENCES omnisci.run,
  outcome text NOT NULL CHECK (outcome IN ('done', 'left-over', 'failed')),
  counts jsonb NOT NULL DEFAULT '{}',
  error text,
  ended_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE omnisci.run_end IS 'How a run ended; a run without this row was killed or is running.';

-- Bytes and requests.

CREATE TABLE omnisci.blob (
  sha256 omnisci.sha256_hex PRIMARY KEY,
  media_type text NOT NULL,
  bytes bigint NOT NULL CHECK (bytes >= 0),
  run_key bigint NOT NULL REFERENCES omnisci.run,
  first_seen timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE omnisci.blob IS 'Content in the blob store, by its hash.';

CREATE TABLE omnisci.picture (
  image_sha256 omnisci.sha256_hex PRIMARY KEY REFERENCES omnisci.blob,
  media_type text NOT NULL,
  width integer NOT NULL CHECK (width > 0),
  height integer NOT NULL CHECK (height > 0),
  original_sha256 omnisci.sha256_hex[] NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run);
COMMENT ON TABLE omnisci.picture IS 'A decoded picture; original_sha256 are the files it was made of (itself, where it was kept as served).';

CREATE TABLE omnisci.fetch (
  fetch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  service text NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('discovery', 'metadata', 'document', 'picture', 'check')),
  url text NOT NULL,
  status integer,
  slug text REFERENCES omnisci.status,
  sha256 omnisci.sha256_hex REFERENCES omnisci.blob,
  bytes bigint,
  etag text,
  started_at timestamptz NOT NULL,
  duration_ms integer NOT NULL);
CREATE INDEX fetch_url ON omnisci.fetch (url);
COMMENT ON TABLE omnisci.fetch IS 'Every request to a source, answered or not. slug is set where the answer could not be used.';

CREATE TABLE omnisci.rate_limit (
  service text PRIMARY KEY,
  next_allowed_at timestamptz NOT NULL);
COMMENT ON TABLE omnisci.rate_limit IS 'When the next request to a service may start, over all processes.';

CREATE TABLE omnisci.cursor (
  source text NOT NULL,
  set_spec text NOT NULL,
  position jsonb NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (source, set_spec));
COMMENT ON TABLE omnisci.cursor IS 'How far discovery has come; moves only in the transaction that stores what it covers.';

-- Papers.

CREATE TABLE omnisci.paper (
  paper_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL CHECK (source IN ('arxiv', 'natcomms', 'folder')),
  external_id text NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  UNIQUE (source, external_id));
COMMENT ON TABLE omnisci.paper IS 'A work: arXiv id, DOI, or path of the folder source.';

CREATE TABLE omnisci.paper_version (
  paper_version_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  paper_id bigint NOT NULL REFERENCES omnisci.paper,
  version integer NOT NULL CHECK (version > 0),
  run_key bigint NOT NULL REFERENCES omnisci.run,
  UNIQUE (paper_id, version));
COMMENT ON TABLE omnisci.paper_version IS 'A version of a paper as its source numbers them.';

CREATE TABLE omnisci.paper_state (
  paper_state_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  paper_version_id bigint NOT NULL REFERENCES omnisci.paper_version,
  title text,
  doi text,
  authors jsonb NOT NULL DEFAULT '[]',
  published_on date,
  license_uri text,
  license_class text NOT NULL REFERENCES omnisci.license_class,
  status text NOT NULL CHECK (status IN ('current', 'withdrawn', 'retracted')),
  facts jsonb NOT NULL DEFAULT '{}',
  state_sha256 omnisci.sha256_hex NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  observed_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX paper_state_newest ON omnisci.paper_state (paper_version_id, paper_state_id DESC);
CREATE INDEX paper_state_doi ON omnisci.paper_state (lower(doi)) WHERE doi IS NOT NULL;
COMMENT ON TABLE omnisci.paper_state IS 'What the source''s metadata said of a version, a row for each change; the newest row holds.';

CREATE TABLE omnisci.paper_discipline (
  paper_id bigint NOT NULL REFERENCES omnisci.paper,
  taxonomy_version text NOT NULL,
  discipline text NOT NULL,
  is_primary boolean NOT NULL,
  evidence_kind text NOT NULL,
  evidence text NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  assigned_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (paper_id, taxonomy_version, discipline));
COMMENT ON TABLE omnisci.paper_discipline IS 'Disciplines of a paper under a version of the taxonomy, with where each comes from.';

CREATE TABLE omnisci.paper_queue (
  paper_id bigint PRIMARY KEY REFERENCES omnisci.paper,
  stamp text NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  next_try_at timestamptz,
  leased_by bigint,
  updated_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX paper_queue_due ON omnisci.paper_queue (next_try_at) WHERE next_try_at IS NOT NULL;
COMMENT ON TABLE omnisci.paper_queue IS 'Papers whose content is to be fetched: next_try_at is NULL when there is nothing to do. stamp is the source''s own mark of the state last seen.';

CREATE TABLE omnisci.extraction (
  extraction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  paper_version_id bigint NOT NULL REFERENCES omnisci.paper_version,
  outcome text NOT NULL REFERENCES omnisci.status,
  document_sha256 omnisci.sha256_hex REFERENCES omnisci.blob,
  extractor text,
  extractor_version text,
  figures_found integer NOT NULL DEFAULT 0,
  figures_kept integer NOT NULL DEFAULT 0,
  figures_rejected integer NOT NULL DEFAULT 0,
  article_type text,
  doi text,
  title text,
  abstract text,
  published_on date,
  license_uri text,
  license_class text REFERENCES omnisci.license_class,
  related jsonb NOT NULL DEFAULT '[]',
  detail jsonb NOT NULL DEFAULT '{}',
  run_key bigint NOT NULL REFERENCES omnisci.run,
  extracted_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (paper_version_id, outcome, document_sha256, extractor, extractor_version, detail),
  CHECK (figures_found = figures_kept + figures_rejected),
  CHECK (figures_found = 0 OR (document_sha256 IS NOT NULL AND extractor IS NOT NULL AND extractor_version IS NOT NULL)));
CREATE INDEX extraction_doi ON omnisci.extraction (lower(doi)) WHERE doi IS NOT NULL;
CREATE INDEX extraction_newest ON omnisci.extraction (paper_version_id, extraction_id DESC);
COMMENT ON TABLE omnisci.extraction IS 'What reading a paper version gave: its outcome, the document that served, and the count of its figures. The newest row of a version holds.';

-- Figures.

CREATE TABLE omnisci.figure (
  figure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  extraction_id bigint NOT NULL REFERENCES omnisci.extraction,
  paper_version_id bigint NOT NULL REFERENCES omnisci.paper_version,
  locator text NOT NULL,
  ordinal integer NOT NULL CHECK (ordinal > 0),
  label text NOT NULL,
  author_caption text NOT NULL,
  caption_source text,
  kind text NOT NULL,
  image_sha256 omnisci.sha256_hex REFERENCES omnisci.picture,
  page integer,
  bbox double precision[] CHECK (array_length(bbox, 1) = 4),
  third_party_credit text,
  reject_slug text REFERENCES omnisci.status,
  evidence_sha256 omnisci.sha256_hex NOT NULL,
  extractor text NOT NULL,
  extractor_version text NOT NULL,
  UNIQUE (extraction_id, locator),
  CHECK (reject_slug IS NOT NULL OR image_sha256 IS NOT NULL));
CREATE INDEX figure_version ON omnisci.figure (paper_version_id);
CREATE INDEX figure_image ON omnisci.figure (image_sha256);
COMMENT ON TABLE omnisci.figure IS 'A numbered figure as one extraction found it; evidence_sha256 is the hash of label, caption, panels and mentions.';

CREATE TABLE omnisci.panel (
  figure_id bigint NOT NULL REFERENCES omnisci.figure,
  ordinal integer NOT NULL,
  label text NOT NULL,
  body text NOT NULL,
  bbox double precision[] CHECK (array_length(bbox, 1) = 4),
  PRIMARY KEY (figure_id, ordinal));
COMMENT ON TABLE omnisci.panel IS 'A lettered part of a figure with its part of the author caption.';

CREATE TABLE omnisci.mention (
  figure_id bigint NOT NULL REFERENCES omnisci.figure,
  ordinal integer NOT NULL,
  body text NOT NULL,
  sentence text NOT NULL,
  section text NOT NULL,
  panels text[] NOT NULL,
  PRIMARY KEY (figure_id, ordinal));
COMMENT ON TABLE omnisci.mention IS 'A paragraph of the body that names the figure.';

-- Captions and the calls that made them.

CREATE TABLE omnisci.prompt (
  prompt_sha256 omnisci.sha256_hex PRIMARY KEY,
  name text NOT NULL,
  version text NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('caption', 'judge', 'qa')),
  system text NOT NULL,
  template text NOT NULL,
  output_schema jsonb NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  registered_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE omnisci.prompt IS 'A prompt by the hash of its content.';

CREATE TABLE omnisci.model (
  model_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider text NOT NULL,
  api text NOT NULL,
  requested text NOT NULL,
  family text NOT NULL,
  base_url text NOT NULL,
  params jsonb NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  registered_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider, api, requested, family, base_url, params));
COMMENT ON TABLE omnisci.model IS 'Provider, requested model and parameters; the resolved model stands with each attempt.';

CREATE TABLE omnisci.call (
  call_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  fingerprint omnisci.sha256_hex NOT NULL UNIQUE,
  purpose text NOT NULL CHECK (purpose IN ('caption', 'judge', 'qa')),
  prompt_sha256 omnisci.sha256_hex NOT NULL REFERENCES omnisci.prompt,
  model_id bigint NOT NULL REFERENCES omnisci.model,
  sent_image_sha256 omnisci.sha256_hex,
  evidence_sha256 omnisci.sha256_hex NOT NULL,
  draw integer NOT NULL DEFAULT 0,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  planned_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (call_id, prompt_sha256, model_id));
COMMENT ON TABLE omnisci.call IS 'One wanted answer. The fingerprint covers model, parameters, prompt, picture as sent, evidence, schema and draw; it is unique, so that asking twice pays once.';

CREATE TABLE omnisci.route (
  route_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  figure_id bigint NOT NULL REFERENCES omnisci.figure,
  call_id bigint NOT NULL REFERENCES omnisci.call,
  policy text NOT NULL,
  policy_sha256 omnisci.sha256_hex NOT NULL,
  reason jsonb NOT NULL,
  features jsonb NOT NULL,
  candidates jsonb NOT NULL,
  probability double precision NOT NULL CHECK (probability > 0 AND probability <= 1),
  run_key bigint NOT NULL REFERENCES omnisci.run,
  decided_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (figure_id, call_id));
CREATE INDEX route_call ON omnisci.route (call_id, route_id);
COMMENT ON TABLE omnisci.route IS 'The router''s decision for a figure: which call, by which policy and rule, with what probability.';

CREATE TABLE omnisci.attempt (
  attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  call_id bigint NOT NULL REFERENCES omnisci.call,
  ordinal integer NOT NULL CHECK (ordinal > 0),
  run_key bigint NOT NULL REFERENCES omnisci.run,
  owner bigint NOT NULL,
  price jsonb NOT NULL,
  worst_case_usd numeric NOT NULL CHECK (worst_case_usd >= 0),
  lease_until timestamptz NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (call_id, ordinal));
CREATE INDEX attempt_sent ON omnisci.attempt USING brin (sent_at);
COMMENT ON TABLE omnisci.attempt IS 'The intent of one try, committed before anything is sent. owner is the advisory lock that the sending process holds while it lives.';

CREATE TABLE omnisci.attempt_outcome (
  attempt_id bigint PRIMARY KEY REFERENCES omnisci.attempt,
  slug text NOT NULL REFERENCES omnisci.status,
  http_status integer,
  request_id text,
  response_id text,
  model_resolved text,
  finish_reason text,
  input_tokens bigint NOT NULL DEFAULT 0,
  cached_tokens bigint NOT NULL DEFAULT 0,
  cache_write_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  reasoning_tokens bigint NOT NULL DEFAULT 0,
  cost_usd numeric NOT NULL CHECK (cost_usd >= 0),
  latency_ms integer NOT NULL,
  retry_after_s double precision,
  error text,
  response_sha256 omnisci.sha256_hex REFERENCES omnisci.blob,
  recorded_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE omnisci.attempt_outcome IS 'What came of a try. input_tokens counts cached and cache-written ones too, for every vendor. An attempt without this row whose owner is gone is unknown.';

CREATE TABLE omnisci.call_lease (
  call_id bigint PRIMARY KEY REFERENCES omnisci.call,
  owner bigint NOT NULL,
  lease_until timestamptz NOT NULL);
COMMENT ON TABLE omnisci.call_lease IS 'Who works on a call now; free when the lease is over or its owner is gone.';

CREATE TABLE omnisci.caption (
  caption_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  figure_id bigint NOT NULL REFERENCES omnisci.figure,
  call_id bigint NOT NULL,
  attempt_id bigint NOT NULL REFERENCES omnisci.attempt_outcome,
  route_id bigint NOT NULL REFERENCES omnisci.route,
  prompt_sha256 omnisci.sha256_hex NOT NULL,
  model_id bigint NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  body text NOT NULL CHECK (body <> ''),
  panels jsonb NOT NULL,
  body_sha256 omnisci.sha256_hex NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (figure_id, call_id),
  FOREIGN KEY (call_id, prompt_sha256, model_id) REFERENCES omnisci.call (call_id, prompt_sha256, model_id));
CREATE INDEX caption_call ON omnisci.caption (call_id);
COMMENT ON TABLE omnisci.caption IS 'A text that was made for a figure. Prompt, model, call, attempt, route and run cannot be absent.';

-- Judging.

CREATE TABLE omnisci.score (
  score_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  caption_id bigint NOT NULL REFERENCES omnisci.caption,
  scorer text NOT NULL,
  scorer_version text NOT NULL,
  config_sha256 omnisci.sha256_hex NOT NULL,
  deterministic boolean NOT NULL,
  value double precision NOT NULL CHECK (value >= 0 AND value <= 1),
  detail jsonb NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  scored_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (caption_id, scorer, scorer_version, config_sha256));
COMMENT ON TABLE omnisci.score IS 'A scorer''s number for a caption (0 worst, 1 best) and how it came to it.';

CREATE TABLE omnisci.decision (
  decision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  caption_id bigint NOT NULL REFERENCES omnisci.caption,
  policy text NOT NULL,
  policy_sha256 omnisci.sha256_hex NOT NULL,
  inputs_sha256 omnisci.sha256_hex NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('accept', 'reject', 'abstain', 'escalate')),
  slug text NOT NULL REFERENCES omnisci.status,
  gate_score double precision NOT NULL,
  reason jsonb NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  decided_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (caption_id, policy_sha256, inputs_sha256));
COMMENT ON TABLE omnisci.decision IS 'What the gate decided on a caption, from which scores and thresholds; the newest row of a caption holds.';

-- Experts.

CREATE TABLE omnisci.sample (
  sample_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  seed bigint NOT NULL,
  design jsonb NOT NULL,
  frame_sha256 omnisci.sha256_hex NOT NULL,
  frame_size integer NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  drawn_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (frame_sha256, design, seed));
COMMENT ON TABLE omnisci.sample IS 'A drawn sample: its seed, design and the hash of the captions it was drawn from.';

CREATE TABLE omnisci.sample_item (
  sample_id bigint NOT NULL REFERENCES omnisci.sample,
  caption_id bigint NOT NULL REFERENCES omnisci.caption,
  ordinal integer NOT NULL,
  stratum text NOT NULL,
  inclusion_probability double precision NOT NULL CHECK (inclusion_probability > 0 AND inclusion_probability <= 1),
  PRIMARY KEY (sample_id, caption_id),
  UNIQUE (sample_id, ordinal));
COMMENT ON TABLE omnisci.sample_item IS 'A caption of a sample with the probability with which it came into it.';

CREATE TABLE omnisci.rating (
  rating_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sample_id bigint NOT NULL,
  caption_id bigint NOT NULL,
  rater text NOT NULL CHECK (rater <> ''),
  round integer NOT NULL DEFAULT 1,
  rubric_version text NOT NULL,
  factual_accuracy smallint NOT NULL CHECK (factual_accuracy BETWEEN 1 AND 5),
  semantic_completeness smallint NOT NULL CHECK (semantic_completeness BETWEEN 1 AND 5),
  accept boolean NOT NULL,
  comment text NOT NULL DEFAULT '',
  run_key bigint NOT NULL REFERENCES omnisci.run,
  rated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (sample_id, caption_id, rater, round),
  FOREIGN KEY (sample_id, caption_id) REFERENCES omnisci.sample_item);
COMMENT ON TABLE omnisci.rating IS 'An expert''s marks (1 worst, 5 best) for a sampled caption.';

-- Exports.

CREATE TABLE omnisci.export (
  export_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  format text NOT NULL,
  profile text NOT NULL,
  state_sha256 omnisci.sha256_hex NOT NULL,
  rows integer NOT NULL,
  manifest_sha256 omnisci.sha256_hex NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  exported_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (format, profile, state_sha256));
COMMENT ON TABLE omnisci.export IS 'A published release; state_sha256 is the hash of what it was made from, so an unchanged state is exported once.';

CREATE TABLE omnisci.export_file (
  export_id bigint NOT NULL REFERENCES omnisci.export,
  path text NOT NULL,
  sha256 omnisci.sha256_hex NOT NULL,
  bytes bigint NOT NULL,
  rows integer NOT NULL,
  PRIMARY KEY (export_id, path));
COMMENT ON TABLE omnisci.export_file IS 'A file of a release with its checksum.';

CREATE TABLE omnisci.export_row (
  export_id bigint NOT NULL REFERENCES omnisci.export,
  shard text NOT NULL,
  row_no integer NOT NULL,
  caption_id bigint NOT NULL REFERENCES omnisci.caption,
  decision_id bigint NOT NULL REFERENCES omnisci.decision,
  PRIMARY KEY (export_id, shard, row_no));
CREATE INDEX export_row_caption ON omnisci.export_row (caption_id);
COMMENT ON TABLE omnisci.export_row IS 'Which caption stands in which row of which file, and the decision that let it in.';

-- Append-only: mistakes are refused by the database, for owners too.

CREATE FUNCTION omnisci.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';
END $$;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'run', 'run_end', 'blob', 'picture', 'fetch', 'paper', 'paper_version', 'paper_state', 'paper_discipline',
    'extraction', 'figure', 'panel', 'mention', 'prompt', 'model', 'call', 'route', 'attempt', 'attempt_outcome',
    'caption', 'score', 'decision', 'sample', 'sample_item', 'rating', 'export', 'export_file', 'export_row'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON omnisci.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION omnisci.refuse_change()', name);
  END LOOP;
END $$;

-- Whether the process that holds an advisory lock (its owner number) is still connected to this database.
CREATE FUNCTION omnisci.owner_alive(owner bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND ((l.classid::bigint << 32) | l.objid::bigint) = owner)
$$;

-- Roles. They belong to the whole server, so another database may have made them already.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'omnisci_reader') THEN CREATE ROLE omnisci_reader NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'omnisci_writer') THEN CREATE ROLE omnisci_writer NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT omnisci_reader TO CURRENT_USER;
GRANT omnisci_writer TO CURRENT_USER;
GRANT USAGE ON SCHEMA omnisci TO omnisci_reader, omnisci_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA omnisci TO omnisci_reader, omnisci_writer;
GRANT INSERT ON ALL TABLES IN SCHEMA omnisci TO omnisci_writer;
REVOKE INSERT ON omnisci.license_class FROM omnisci_writer;
GRANT UPDATE ON omnisci.status, omnisci.cursor, omnisci.rate_limit, omnisci.paper_queue, omnisci.call_lease TO omnisci_writer;
GRANT DELETE ON omnisci.call_lease TO omnisci_writer;
DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO omnisci_writer', current_database()); END $$;
