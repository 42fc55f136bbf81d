-- The state of each paper version: newest metadata, newest extraction, strictest licence.
CREATE VIEW omnisci.papers AS
WITH newest AS (
  SELECT paper_id, max(version) AS version FROM omnisci.paper_version GROUP BY paper_id
), discipline AS (
  SELECT paper_id, array_agg(discipline ORDER BY is_primary DESC, discipline) AS disciplines,
         (array_agg(evidence_kind ORDER BY is_primary DESC, discipline))[1] AS source
  FROM omnisci.paper_discipline d
  WHERE taxonomy_version = (SELECT max(taxonomy_version) FROM omnisci.paper_discipline l WHERE l.paper_id = d.paper_id)
  GROUP BY paper_id
)
SELECT p.paper_id, p.source, p.external_id, v.version,
       coalesce(s.doi, e.doi) AS doi,
       coalesce(nullif(e.title, ''), s.title) AS title,
       coalesce(s.published_on, e.published_on) AS published_on,
       coalesce(e.extracted_at, s.observed_at) AS harvested_at,
       coalesce(d.disciplines, ARRAY['unknown']) AS disciplines,
       coalesce(d.source, 'none') AS discipline_source,
       CASE WHEN coalesce(el.rank, 0) > coalesce(sl.rank, 0) THEN e.license_uri ELSE coalesce(s.license_uri, e.license_uri) END AS license_uri,
       CASE WHEN coalesce(el.rank, 0) > coalesce(sl.rank, 0) THEN el.slug ELSE coalesce(sl.slug, 'unknown') END AS license_class,
       CASE WHEN top.status <> 'current' THEN top.status
            WHEN v.version < n.version THEN 'superseded'
            WHEN e.article_type IN ('correction', 'retraction') THEN 'correction'
            ELSE 'current' END AS status,
       (SELECT ov.paper_id
        FROM (SELECT r ->> 'doi' AS doi FROM jsonb_array_elements(coalesce(e.related, '[]')) r
              UNION ALL SELECT s.doi UNION ALL SELECT e.doi) named
        CROSS JOIN LATERAL (SELECT os.paper_version_id FROM omnisci.paper_state os WHERE lower(os.doi) = lower(named.doi)
                            UNION ALL
                            SELECT oe.paper_version_id FROM omnisci.extraction oe WHERE lower(oe.doi) = lower(named.doi)) same
        JOIN omnisci.paper_version ov ON ov.paper_version_id = same.paper_version_id AND ov.paper_id <> p.paper_id
        ORDER BY ov.paper_id LIMIT 1) AS linked_paper_id,
       coalesce(e.figures_kept, 0) AS figures_kept,
       coalesce(e.figures_rejected, 0) AS figures_rejected,
       CASE WHEN top.status <> 'current' THEN top.status ELSE coalesce(e.outcome, 'pending') END AS outcome,
       v.paper_version_id
FROM omnisci.paper p
JOIN omnisci.paper_version v USING (paper_id)
JOIN newest n USING (paper_id)
JOIN LATERAL (SELECT * FROM omnisci.paper_state s WHERE s.paper_version_id = v.paper_version_id
              ORDER BY paper_state_id DESC LIMIT 1) s ON true
-- Metadata or content may say so of the newest version; it then holds for the whole paper.
JOIN LATERAL (SELECT CASE WHEN t.status <> 'current' THEN t.status WHEN x.outcome IN ('withdrawn', 'retracted') THEN x.outcome
                          ELSE 'current' END AS status
              FROM omnisci.paper_version tv
              JOIN LATERAL (SELECT t.status FROM omnisci.paper_state t WHERE t.paper_version_id = tv.paper_version_id
                            ORDER BY t.paper_state_id DESC LIMIT 1) t ON true
              LEFT JOIN LATERAL (SELECT x.outcome FROM omnisci.extraction x WHERE x.paper_version_id = tv.paper_version_id
                                 AND x.outcome IN ('withdrawn', 'retracted') LIMIT 1) x ON true
              WHERE tv.paper_id = p.paper_id ORDER BY tv.version DESC LIMIT 1) top ON true
-- The newest extraction that read a document; where none could, the newest that says why.
LEFT JOIN LATERAL (SELECT * FROM omnisci.extraction e WHERE e.paper_version_id = v.paper_version_id
                   ORDER BY (e.extractor IS NOT NULL) DESC, e.extraction_id DESC LIMIT 1) e ON true
LEFT JOIN omnisci.license_class sl ON sl.slug = s.license_class
LEFT JOIN omnisci.license_class el ON el.slug = e.license_class
LEFT JOIN discipline d ON d.paper_id = p.paper_id;

CREATE VIEW omnisci.triplets AS
SELECT f.figure_id, p.source, p.external_id, p.version, p.title, p.published_on, p.disciplines, p.license_uri, p.license_class,
       (f.reject_slug IS NULL AND f.image_sha256 IS NOT NULL AND f.third_party_credit IS NULL
        AND p.status = 'current' AND l.exportable) AS exportable,
       f.reject_slug, f.label, f.ordinal, f.kind,
       ARRAY(SELECT n.label FROM omnisci.panel n WHERE n.figure_id = f.figure_id ORDER BY n.ordinal) AS panel_labels,
       f.image_sha256::text AS image_sha256, i.width, i.height, f.author_caption,
       coalesce((SELECT jsonb_agg(jsonb_build_object('text', m.body, 'section', m.section, 'panels', m.panels) ORDER BY m.ordinal)
                 FROM omnisci.mention m WHERE m.figure_id = f.figure_id), '[]') AS mentions,
       (SELECT count(*) FROM omnisci.mention m WHERE m.figure_id = f.figure_id)::integer AS mention_count,
       f.page, f.bbox, f.extractor, f.extractor_version
FROM omnisci.papers p
JOIN LATERAL (SELECT e.extraction_id FROM omnisci.extraction e WHERE e.paper_version_id = p.paper_version_id
              ORDER BY (e.extractor IS NOT NULL) DESC, e.extraction_id DESC LIMIT 1) e ON true
JOIN omnisci.figure f ON f.extraction_id = e.extraction_id
JOIN omnisci.license_class l ON l.slug = p.license_class
LEFT JOIN omnisci.picture i USING (image_sha256);

-- The active caption of a figure: the newest accepted one, else the newest.
CREATE FUNCTION omnisci.active_caption(wanted bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT o.caption_id FROM omnisci.caption o
  LEFT JOIN LATERAL (SELECT x.outcome FROM omnisci.decision x WHERE x.caption_id = o.caption_id
                     ORDER BY x.decision_id DESC LIMIT 1) x ON true
  WHERE o.figure_id = wanted
  ORDER BY (x.outcome IS NOT DISTINCT FROM 'accept') DESC, o.caption_id DESC LIMIT 1
$$;

-- One row a caption. Everything hangs on LATERAL look-ups by key, so that one caption costs a few index reads.
CREATE VIEW omnisci.lineage AS
SELECT c.caption_id,
       c.caption_id = omnisci.active_caption(c.figure_id) AS is_active,
       c.figure_id, p.source, p.external_id, v.version, coalesce(s.license_uri, e.license_uri) AS license_uri,
       f.image_sha256::text AS image_sha256, f.author_caption, c.body, c.panels,
       m.provider, m.requested AS model_requested, o.model_resolved, m.params,
       t.name AS prompt_name, t.prompt_sha256::text AS prompt_sha256,
       r.policy AS route_policy, r.reason AS route_reason, r.probability AS route_probability,
       c.call_id, o.request_id, cost.input_tokens, cost.output_tokens, cost.cost_usd,
       coalesce((SELECT jsonb_object_agg(z.scorer, z.value) FROM (
                   SELECT DISTINCT ON (scorer) scorer, value FROM omnisci.score z WHERE z.caption_id = c.caption_id
                   ORDER BY scorer, score_id DESC) z), '{}') AS scores,
       d.outcome AS decision, d.slug AS decision_reason,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                   'sample_id', g.sample_id, 'rater', g.rater, 'round', g.round, 'factual_accuracy', g.factual_accuracy,
                   'semantic_completeness', g.semantic_completeness, 'accept', g.accept, 'comment', g.comment) ORDER BY g.rating_id)
                 FROM omnisci.rating g WHERE g.caption_id = c.caption_id), '[]') AS ratings,
       u.dag_id, u.run_id, u.task_id, u.map_index, u.try_number, u.code_version, c.created_at
FROM omnisci.caption c
JOIN omnisci.figure f USING (figure_id)
JOIN omnisci.paper_version v ON v.paper_version_id = f.paper_version_id
JOIN omnisci.paper p USING (paper_id)
JOIN omnisci.extraction e ON e.extraction_id = f.extraction_id
JOIN LATERAL (SELECT license_uri FROM omnisci.paper_state s WHERE s.paper_version_id = v.paper_version_id
              ORDER BY paper_state_id DESC LIMIT 1) s ON true
JOIN omnisci.model m ON m.model_id = c.model_id
JOIN omnisci.prompt t ON t.prompt_sha256 = c.prompt_sha256
JOIN omnisci.route r ON r.route_id = c.route_id
JOIN omnisci.attempt_outcome o ON o.attempt_id = c.attempt_id
JOIN omnisci.run u ON u.run_key = c.run_key
JOIN LATERAL (SELECT sum(ao.input_tokens)::bigint AS input_tokens, sum(ao.output_tokens)::bigint AS output_tokens,
                     sum(ao.cost_usd) AS cost_usd
              FROM omnisci.attempt a JOIN omnisci.attempt_outcome ao USING (attempt_id) WHERE a.call_id = c.call_id) cost ON true
LEFT JOIN LATERAL (SELECT outcome, slug FROM omnisci.decision d WHERE d.caption_id = c.caption_id
                   ORDER BY decision_id DESC LIMIT 1) d ON true;

CREATE VIEW omnisci.export_lineage AS
SELECT x.export_id, x.shard, x.row_no, l.*
FROM omnisci.export_row x JOIN omnisci.lineage l USING (caption_id);

-- What an attempt came to, for accounts: the call's figure (by its first route) gives discipline and kind.
CREATE VIEW omnisci.spend AS
WITH attempt AS (
  SELECT a.attempt_id, a.call_id, (a.sent_at AT TIME ZONE 'UTC')::date AS day, o.slug, o.input_tokens, o.output_tokens, o.cost_usd,
         a.worst_case_usd,
         CASE WHEN o.attempt_id IS NULL THEN a.lease_until < now() OR NOT omnisci.owner_alive(a.owner)
              ELSE s.uncertain AND o.http_status IS NULL END AS unknown
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

-- How each wanted answer stands: answered, failed for good, unknown, to be tried again, or never tried.
CREATE VIEW omnisci.call_status AS
SELECT k.call_id, k.purpose,
       CASE WHEN bool_or(s.class = 'ok') THEN 'answered'
            WHEN l.last_slug IS NOT NULL AND NOT ls.retryable THEN 'failed'
            WHEN count(a.attempt_id) = 0 THEN 'planned'
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

CREATE VIEW omnisci.funnel AS
WITH figure AS (
  SELECT t.figure_id, t.source, t.disciplines[1] AS discipline, t.reject_slug, t.exportable FROM omnisci.triplets t
), newest_caption AS (
  SELECT f.figure_id, f.source, f.discipline, l.caption_id, d.outcome, d.slug
  FROM figure f
  JOIN LATERAL (SELECT c.caption_id FROM omnisci.caption c WHERE c.figure_id = f.figure_id ORDER BY c.caption_id DESC LIMIT 1) l ON true
  LEFT JOIN LATERAL (SELECT d.outcome, d.slug FROM omnisci.decision d WHERE d.caption_id = l.caption_id
                     ORDER BY d.decision_id DESC LIMIT 1) d ON true
)
SELECT source, disciplines[1] AS discipline, 'paper' AS stage, outcome AS status, count(*) AS count
FROM omnisci.papers GROUP BY 1, 2, 4
UNION ALL
SELECT source, discipline, 'figure', coalesce(reject_slug, 'kept'), count(*) FROM figure GROUP BY 1, 2, 4
UNION ALL
SELECT f.source, f.discipline, 'caption',
       CASE WHEN n.caption_id IS NOT NULL THEN 'captioned'
            ELSE coalesce((SELECT CASE k.state WHEN 'failed' THEN k.last_slug ELSE k.state END
                           FROM omnisci.route r JOIN omnisci.call_status k USING (call_id)
                           WHERE r.figure_id = f.figure_id ORDER BY r.route_id DESC LIMIT 1), 'waiting') END, count(*)
FROM figure f LEFT JOIN newest_caption n USING (figure_id) WHERE f.reject_slug IS NULL GROUP BY 1, 2, 4
UNION ALL
SELECT source, discipline, 'decision', coalesce(slug, 'waiting'), count(*) FROM newest_caption GROUP BY 1, 2, 4
UNION ALL
SELECT f.source, f.discipline, 'export',
       CASE WHEN EXISTS (SELECT FROM omnisci.export_row x JOIN omnisci.caption c USING (caption_id) WHERE c.figure_id = f.figure_id)
            THEN 'exported' WHEN NOT f.exportable THEN 'not-exportable' ELSE 'waiting' END, count(*)
FROM figure f JOIN newest_caption n USING (figure_id) WHERE n.outcome = 'accept' GROUP BY 1, 2, 4;

CREATE VIEW omnisci.coverage AS
WITH paper AS (
  SELECT p.paper_version_id, p.published_on, unnest(p.disciplines) AS discipline, p.figures_kept FROM omnisci.papers p
  WHERE p.status = 'current'
), figure AS (
  SELECT f.paper_version_id, f.figure_id,
         EXISTS (SELECT FROM omnisci.caption c WHERE c.figure_id = f.figure_id) AS captioned,
         EXISTS (SELECT FROM omnisci.caption c
                 JOIN LATERAL (SELECT outcome FROM omnisci.decision d WHERE d.caption_id = c.caption_id
                               ORDER BY decision_id DESC LIMIT 1) d ON d.outcome = 'accept'
                 WHERE c.figure_id = f.figure_id) AS accepted,
         EXISTS (SELECT FROM omnisci.caption c JOIN omnisci.export_row x USING (caption_id) WHERE c.figure_id = f.figure_id) AS exported
  FROM omnisci.figure f
  WHERE f.reject_slug IS NULL
    AND f.extraction_id = (SELECT max(e.extraction_id) FROM omnisci.extraction e
                           WHERE e.paper_version_id = f.paper_version_id AND e.extractor IS NOT NULL)
), per_paper AS (
  SELECT paper_version_id, count(*) AS figures, count(*) FILTER (WHERE captioned) AS captioned,
         count(*) FILTER (WHERE accepted) AS accepted, count(*) FILTER (WHERE exported) AS exported
  FROM figure GROUP BY paper_version_id
)
SELECT p.discipline, date_trunc('month', p.published_on)::date AS month, count(*) AS papers,
       count(*) FILTER (WHERE p.figures_kept > 0) AS papers_with_figures,
       coalesce(sum(x.figures), 0)::bigint AS figures, coalesce(sum(x.captioned), 0)::bigint AS captioned,
       coalesce(sum(x.accepted), 0)::bigint AS accepted, coalesce(sum(x.exported), 0)::bigint AS exported
FROM paper p LEFT JOIN per_paper x USING (paper_version_id)
GROUP BY 1, 2;

COMMENT ON VIEW omnisci.papers IS 'One row a paper version, those without figures too, as the newest metadata and extraction have it.';
COMMENT ON COLUMN omnisci.papers.paper_id IS 'The work; versions share it.';
COMMENT ON COLUMN omnisci.papers.source IS 'arxiv, natcomms or folder.';
COMMENT ON COLUMN omnisci.papers.external_id IS 'arXiv id, DOI, or the path relative to the folder.';
COMMENT ON COLUMN omnisci.papers.version IS 'Version as the source numbers it, from 1.';
COMMENT ON COLUMN omnisci.papers.doi IS 'DOI, where known.';
COMMENT ON COLUMN omnisci.papers.title IS 'Title as the document prints it, else as the metadata has it.';
COMMENT ON COLUMN omnisci.papers.published_on IS 'Publication date (arXiv: of version 1), UTC.';
COMMENT ON COLUMN omnisci.papers.harvested_at IS 'When its content was last read, else when its metadata was seen.';
COMMENT ON COLUMN omnisci.papers.disciplines IS 'Disciplines of the taxonomy, the primary one first; {unknown} where nothing says.';
COMMENT ON COLUMN omnisci.papers.discipline_source IS 'Where the primary discipline comes from: arxiv-category, subject, code, openalex-field, sidecar, none.';
COMMENT ON COLUMN omnisci.papers.license_uri IS 'Licence as stated by metadata or document, the stricter of the two.';
COMMENT ON COLUMN omnisci.papers.license_class IS 'Normalised licence (table license_class).';
COMMENT ON COLUMN omnisci.papers.status IS 'current, superseded, withdrawn, retracted, or correction (a notice about another paper).';
COMMENT ON COLUMN omnisci.papers.linked_paper_id IS 'The paper that this one corrects, or the other of preprint and article.';
COMMENT ON COLUMN omnisci.papers.figures_kept IS 'Figures that can be captioned.';
COMMENT ON COLUMN omnisci.papers.figures_rejected IS 'Figures that cannot, each with a slug; found = kept + rejected.';
COMMENT ON COLUMN omnisci.papers.outcome IS 'What fetching and reading came to (table status).';
COMMENT ON COLUMN omnisci.papers.paper_version_id IS 'Key of the version in the ledger.';

COMMENT ON VIEW omnisci.triplets IS 'One row a figure of the newest extraction: picture, author caption and the paragraphs that mention it.';
COMMENT ON COLUMN omnisci.triplets.figure_id IS 'Key of the figure.';
COMMENT ON COLUMN omnisci.triplets.source IS 'arxiv, natcomms or folder.';
COMMENT ON COLUMN omnisci.triplets.external_id IS 'arXiv id, DOI, or the path relative to the folder.';
COMMENT ON COLUMN omnisci.triplets.version IS 'Version of the paper.';
COMMENT ON COLUMN omnisci.triplets.title IS 'Title of the paper.';
COMMENT ON COLUMN omnisci.triplets.published_on IS 'Publication date of the paper.';
COMMENT ON COLUMN omnisci.triplets.disciplines IS 'Disciplines of the paper, primary first.';
COMMENT ON COLUMN omnisci.triplets.license_uri IS 'Licence of the paper version.';
COMMENT ON COLUMN omnisci.triplets.license_class IS 'Normalised licence.';
COMMENT ON COLUMN omnisci.triplets.exportable IS 'Whether the default profile may export it: licence, credit line, status and picture allow it.';
COMMENT ON COLUMN omnisci.triplets.reject_slug IS 'Why the figure cannot be captioned, NULL where it can.';
COMMENT ON COLUMN omnisci.triplets.label IS 'Label as printed, such as "Fig. 1".';
COMMENT ON COLUMN omnisci.triplets.ordinal IS 'Place among the figures of the document, from 1.';
COMMENT ON COLUMN omnisci.triplets.kind IS 'Kind of figure by its caption (chart, schematic, microscopy, ...).';
COMMENT ON COLUMN omnisci.triplets.panel_labels IS 'Panels that the caption names.';
COMMENT ON COLUMN omnisci.triplets.image_sha256 IS 'Hash of the picture in the blob store.';
COMMENT ON COLUMN omnisci.triplets.width IS 'Pixels.';
COMMENT ON COLUMN omnisci.triplets.height IS 'Pixels.';
COMMENT ON COLUMN omnisci.triplets.author_caption IS 'The paper''s own caption.';
COMMENT ON COLUMN omnisci.triplets.mentions IS 'Paragraphs that name the figure: [{text, section, panels}].';
COMMENT ON COLUMN omnisci.triplets.mention_count IS 'Number of these.';
COMMENT ON COLUMN omnisci.triplets.page IS 'Page of a PDF, from 1.';
COMMENT ON COLUMN omnisci.triplets.bbox IS 'Box on that page in points: x0, y0, x1, y1 from the top left.';
COMMENT ON COLUMN omnisci.triplets.extractor IS 'What read it.';
COMMENT ON COLUMN omnisci.triplets.extractor_version IS 'And in which version.';

COMMENT ON VIEW omnisci.lineage IS 'One row a caption, with everything that made it and judged it.';
COMMENT ON COLUMN omnisci.lineage.caption_id IS 'Key of the caption.';
COMMENT ON COLUMN omnisci.lineage.is_active IS 'The newest accepted caption of the figure, else its newest.';
COMMENT ON COLUMN omnisci.lineage.figure_id IS 'Figure.';
COMMENT ON COLUMN omnisci.lineage.source IS 'arxiv, natcomms or folder.';
COMMENT ON COLUMN omnisci.lineage.external_id IS 'arXiv id, DOI, or path.';
COMMENT ON COLUMN omnisci.lineage.version IS 'Version of the paper.';
COMMENT ON COLUMN omnisci.lineage.license_uri IS 'Licence of the paper version.';
COMMENT ON COLUMN omnisci.lineage.image_sha256 IS 'Picture.';
COMMENT ON COLUMN omnisci.lineage.author_caption IS 'The paper''s own caption.';
COMMENT ON COLUMN omnisci.lineage.body IS 'The caption.';
COMMENT ON COLUMN omnisci.lineage.panels IS 'Its parts by panel: [{label, text}].';
COMMENT ON COLUMN omnisci.lineage.provider IS 'Provider of the model, by its name in the routes file.';
COMMENT ON COLUMN omnisci.lineage.model_requested IS 'Model as asked for.';
COMMENT ON COLUMN omnisci.lineage.model_resolved IS 'Model as the provider named it in the answer.';
COMMENT ON COLUMN omnisci.lineage.params IS 'Parameters sent.';
COMMENT ON COLUMN omnisci.lineage.prompt_name IS 'Prompt.';
COMMENT ON COLUMN omnisci.lineage.prompt_sha256 IS 'Hash of its content.';
COMMENT ON COLUMN omnisci.lineage.route_policy IS 'Routing policy.';
COMMENT ON COLUMN omnisci.lineage.route_reason IS 'The rule that chose the model.';
COMMENT ON COLUMN omnisci.lineage.route_probability IS 'Probability with which the policy makes this decision.';
COMMENT ON COLUMN omnisci.lineage.call_id IS 'Call that gave the text.';
COMMENT ON COLUMN omnisci.lineage.request_id IS 'The provider''s id of the request; NULL for the extractive captioner.';
COMMENT ON COLUMN omnisci.lineage.input_tokens IS 'Tokens in, cached ones included, of all attempts of the call.';
COMMENT ON COLUMN omnisci.lineage.output_tokens IS 'Tokens out, of all attempts of the call.';
COMMENT ON COLUMN omnisci.lineage.cost_usd IS 'Cost of the whole call, failed attempts included.';
COMMENT ON COLUMN omnisci.lineage.scores IS 'Newest value of each scorer: {scorer: value}.';
COMMENT ON COLUMN omnisci.lineage.decision IS 'accept, reject, abstain or escalate; NULL until judged.';
COMMENT ON COLUMN omnisci.lineage.decision_reason IS 'Slug of the decision.';
COMMENT ON COLUMN omnisci.lineage.ratings IS 'Experts'' marks.';
COMMENT ON COLUMN omnisci.lineage.dag_id IS 'DAG that wrote the caption, "cli" outside Airflow.';
COMMENT ON COLUMN omnisci.lineage.run_id IS 'Its run.';
COMMENT ON COLUMN omnisci.lineage.task_id IS 'Its task, or the command.';
COMMENT ON COLUMN omnisci.lineage.map_index IS 'Its map index, -1 where not mapped.';
COMMENT ON COLUMN omnisci.lineage.try_number IS 'Its try.';
COMMENT ON COLUMN omnisci.lineage.code_version IS 'Version of the code, with the commit where known.';
COMMENT ON COLUMN omnisci.lineage.created_at IS 'When the caption was stored.';

COMMENT ON VIEW omnisci.export_lineage IS 'One row an exported row, for ever: where it stands in which release, and the lineage of its caption.';
COMMENT ON COLUMN omnisci.export_lineage.export_id IS 'Release.';
COMMENT ON COLUMN omnisci.export_lineage.shard IS 'File of the release.';
COMMENT ON COLUMN omnisci.export_lineage.row_no IS 'Row in the file, from 0.';

COMMENT ON VIEW omnisci.spend IS 'What calls cost, by day (UTC) of sending, discipline, kind, provider, model, prompt and purpose. Each attempt counts once.';
COMMENT ON COLUMN omnisci.spend.day IS 'Day of sending, UTC.';
COMMENT ON COLUMN omnisci.spend.discipline IS 'Primary discipline of the paper, or unknown.';
COMMENT ON COLUMN omnisci.spend.kind IS 'Kind of the figure.';
COMMENT ON COLUMN omnisci.spend.provider IS 'Provider.';
COMMENT ON COLUMN omnisci.spend.model IS 'Model as asked for.';
COMMENT ON COLUMN omnisci.spend.prompt_sha256 IS 'Prompt.';
COMMENT ON COLUMN omnisci.spend.purpose IS 'caption, judge or qa.';
COMMENT ON COLUMN omnisci.spend.calls IS 'Calls with an attempt on that day.';
COMMENT ON COLUMN omnisci.spend.attempts IS 'Attempts sent.';
COMMENT ON COLUMN omnisci.spend.failures IS 'Attempts that ended without a usable answer.';
COMMENT ON COLUMN omnisci.spend.input_tokens IS 'As the provider reported, cached ones included.';
COMMENT ON COLUMN omnisci.spend.output_tokens IS 'As the provider reported.';
COMMENT ON COLUMN omnisci.spend.cost_usd IS 'Reported tokens at the price of the attempt.';
COMMENT ON COLUMN omnisci.spend.unknown IS 'Attempts sent whose answer never came: no outcome, or a lost connection.';
COMMENT ON COLUMN omnisci.spend.cost_unknown_usd IS 'These at their worst-case price.';
COMMENT ON COLUMN omnisci.spend.accepted IS 'Captions from these attempts that the gate accepts now.';
COMMENT ON COLUMN omnisci.spend.cost_per_accepted IS 'cost_usd / accepted.';

COMMENT ON VIEW omnisci.call_status IS 'How each wanted answer stands; state is answered, failed, unknown, retry or planned.';
COMMENT ON VIEW omnisci.funnel IS 'What came of everything, by source, primary discipline and stage (paper, figure, caption, decision, export).';
COMMENT ON COLUMN omnisci.funnel.source IS 'Source.';
COMMENT ON COLUMN omnisci.funnel.discipline IS 'Primary discipline.';
COMMENT ON COLUMN omnisci.funnel.stage IS 'paper, figure, caption, decision or export.';
COMMENT ON COLUMN omnisci.funnel.status IS 'Slug.';
COMMENT ON COLUMN omnisci.funnel.count IS 'Papers, figures or captions.';
COMMENT ON VIEW omnisci.coverage IS 'Current papers and their figures by discipline and month of publication; a paper of two disciplines counts in both.';
COMMENT ON COLUMN omnisci.coverage.discipline IS 'Discipline.';
COMMENT ON COLUMN omnisci.coverage.month IS 'First day of the month.';
COMMENT ON COLUMN omnisci.coverage.papers IS 'Current papers.';
COMMENT ON COLUMN omnisci.coverage.papers_with_figures IS 'Those with a figure that can be captioned.';
COMMENT ON COLUMN omnisci.coverage.figures IS 'Figures that can be captioned.';
COMMENT ON COLUMN omnisci.coverage.captioned IS 'Figures with a caption.';
COMMENT ON COLUMN omnisci.coverage.accepted IS 'Figures with an accepted caption.';
COMMENT ON COLUMN omnisci.coverage.exported IS 'Figures that a release holds.';

GRANT SELECT ON omnisci.papers, omnisci.triplets, omnisci.lineage, omnisci.export_lineage, omnisci.spend, omnisci.call_status,
  omnisci.funnel, omnisci.coverage TO omnisci_reader, omnisci_writer;
