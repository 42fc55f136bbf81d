-- Notices: what says of a work that it was retracted or corrected, whatever came first, the notice or the work.
CREATE INDEX extraction_notice ON omnisci.extraction (extraction_id) WHERE related <> '[]';
CREATE INDEX paper_state_notice ON omnisci.paper_state (paper_state_id) WHERE facts ? 'update_to';

CREATE FUNCTION omnisci.notice_title(title text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN title ~* '^\W*(retracted|withdrawn)(\s+(article|paper|manuscript|chapter))?\s*:' THEN 'retracted'
    WHEN title ~* '^\W*((author|publisher)(''s)?\s+)?(correction|corrigend(um|a)|errat(um|a)|addend(um|a)|retraction|(editorial\s+)?expression\s+of\s+concern)(\s+(note|notice|to|for))*\s*(:|$)'
      OR title ~* '^\W*(errat(um|a)\s+(to|for)|corrigend(um|a)\s+(to|for)|retraction\s+(note|notice))\y'
      OR title ~* '^\W*(correction|retraction)\s+(to|for|of)\s.*(\yet al\y|[“"‘])' THEN 'notice'
  END
$$;

CREATE VIEW omnisci.notices AS
SELECT lower(r ->> 'doi') AS doi,
       CASE WHEN e.article_type = 'retraction' OR r ->> 'kind' ~* 'retract' THEN 'retraction' ELSE 'correction' END AS kind,
       coalesce(lower(e.doi), p.external_id) AS stated_by, v.paper_id AS notice_paper_id
FROM omnisci.extraction e
JOIN omnisci.paper_version v USING (paper_version_id)
JOIN omnisci.paper p USING (paper_id)
CROSS JOIN LATERAL jsonb_array_elements(e.related) r
WHERE e.related <> '[]' AND e.article_type IN ('correction', 'retraction')
  AND (r ->> 'kind' = '' OR r ->> 'kind' ~* 'retract|correct|withdr|concern') AND lower(r ->> 'doi') IS DISTINCT FROM lower(e.doi)
UNION
-- A retracted article that names its notice.
SELECT lower(e.doi), 'retraction', lower(r ->> 'doi'), NULL::bigint
FROM omnisci.extraction e
CROSS JOIN LATERAL jsonb_array_elements(e.related) r
WHERE e.related <> '[]' AND e.doi IS NOT NULL AND e.article_type NOT IN ('correction', 'retraction')
  AND r ->> 'kind' ~* '^(partial-)?retract(ion|ed)-forward'
UNION
SELECT lower(u ->> 'doi'),
       CASE WHEN u ->> 'type' IN ('retraction', 'withdrawal', 'removal') THEN 'retraction' ELSE 'correction' END,
       lower(s.doi), v.paper_id
FROM omnisci.paper_state s
JOIN omnisci.paper_version v USING (paper_version_id)
CROSS JOIN LATERAL jsonb_array_elements(s.facts -> 'update_to') u
WHERE s.facts ? 'update_to' AND jsonb_typeof(s.facts -> 'update_to') = 'array' AND lower(u ->> 'doi') IS DISTINCT FROM lower(s.doi);

COMMENT ON VIEW omnisci.notices IS 'What corrections and retractions speak of, from documents and metadata; a work may have several.';
COMMENT ON COLUMN omnisci.notices.doi IS 'DOI of the work that the notice is about, in lower case.';
COMMENT ON COLUMN omnisci.notices.kind IS 'retraction or correction.';
COMMENT ON COLUMN omnisci.notices.stated_by IS 'DOI of the notice, else its name at its source.';
COMMENT ON COLUMN omnisci.notices.notice_paper_id IS 'The notice, where it is a paper of the ledger.';

CREATE OR REPLACE VIEW omnisci.papers AS
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
            WHEN notice.retracted THEN 'retracted'
            WHEN v.version < n.version THEN 'superseded'
            WHEN notice.is_one THEN 'correction'
            ELSE 'current' END AS status,
       (SELECT ov.paper_id
        FROM (SELECT r ->> 'doi' AS doi FROM jsonb_array_elements(coalesce(e.related, '[]')) r
              UNION ALL SELECT u ->> 'doi' FROM jsonb_array_elements(
                CASE jsonb_typeof(s.facts -> 'update_to') WHEN 'array' THEN s.facts -> 'update_to' ELSE '[]' END) u
              UNION ALL SELECT s.doi UNION ALL SELECT e.doi) named
        CROSS JOIN LATERAL (SELECT os.paper_version_id FROM omnisci.paper_state os WHERE lower(os.doi) = lower(named.doi)
                            UNION ALL
                            SELECT oe.paper_version_id FROM omnisci.extraction oe WHERE lower(oe.doi) = lower(named.doi)) same
        JOIN omnisci.paper_version ov ON ov.paper_version_id = same.paper_version_id AND ov.paper_id <> p.paper_id
        ORDER BY ov.paper_id LIMIT 1) AS linked_paper_id,
       coalesce(e.figures_kept, 0) AS figures_kept,
       coalesce(e.figures_rejected, 0) AS figures_rejected,
       CASE WHEN top.status <> 'current' THEN top.status WHEN notice.retracted THEN 'retracted'
            ELSE coalesce(e.outcome, 'pending') END AS outcome,
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
CROSS JOIN LATERAL (SELECT omnisci.notice_title(s.title) AS stated, omnisci.notice_title(nullif(e.title, '')) AS printed) titled
CROSS JOIN LATERAL (SELECT coalesce(e.article_type IN ('correction', 'retraction'), false)
                           OR coalesce(titled.printed, titled.stated) IS NOT DISTINCT FROM 'notice' AS is_one) said
-- A notice that quotes the title of a retracted article is not retracted itself.
CROSS JOIN LATERAL (SELECT said.is_one,
                           NOT said.is_one AND (
                             coalesce('retracted' IN (titled.stated, titled.printed), false)
                             OR coalesce(lower(coalesce(s.doi, e.doi)) IN (SELECT o.doi FROM omnisci.notices o WHERE o.kind = 'retraction'),
                                         false)) AS retracted) notice
LEFT JOIN omnisci.license_class sl ON sl.slug = s.license_class
LEFT JOIN omnisci.license_class el ON el.slug = e.license_class
LEFT JOIN discipline d ON d.paper_id = p.paper_id;

-- Whether a figure may leave, and why not.
CREATE VIEW omnisci.export_gate AS
SELECT f.figure_id, p.source, p.external_id, p.version, f.label, p.license_class,
       CASE WHEN p.status = 'correction' THEN 'not-an-article'
            WHEN p.status <> 'current' THEN p.status
            WHEN f.extraction_id <> newest.extraction_id THEN 'superseded'
            WHEN f.reject_slug IS NOT NULL THEN f.reject_slug
            WHEN f.third_party_credit IS NOT NULL THEN 'third-party-credit'
            WHEN p.license_class IN ('cc-by-nc', 'cc-by-nc-sa') THEN 'license-noncommercial'
            WHEN p.license_class IN ('cc-by-nd', 'cc-by-nc-nd') THEN 'license-no-derivatives'
            WHEN p.license_class = 'arxiv-nonexclusive' THEN 'license-nonexclusive'
            WHEN p.license_class = 'all-rights-reserved' THEN 'license-reserved'
            WHEN NOT l.exportable THEN 'license-unknown' END AS slug,
       CASE WHEN p.status IN ('retracted', 'withdrawn') THEN coalesce(
              (SELECT string_agg(o.stated_by, ', ' ORDER BY o.stated_by) FROM omnisci.notices o
               WHERE o.kind = 'retraction' AND o.doi = lower(p.doi)),
              (SELECT s.facts ->> 'stated_by' FROM omnisci.paper_state s WHERE s.paper_version_id = p.paper_version_id
               ORDER BY s.paper_state_id DESC LIMIT 1), 'its own metadata or title')
            WHEN p.status <> 'current' OR f.reject_slug IS NOT NULL THEN NULL
            WHEN f.third_party_credit IS NOT NULL THEN f.third_party_credit
            WHEN NOT l.exportable THEN l.explanation END AS detail
FROM omnisci.figure f
JOIN omnisci.papers p USING (paper_version_id)
JOIN omnisci.license_class l ON l.slug = p.license_class
JOIN LATERAL (SELECT e.extraction_id FROM omnisci.extraction e WHERE e.paper_version_id = f.paper_version_id
              ORDER BY (e.extractor IS NOT NULL) DESC, e.extraction_id DESC LIMIT 1) newest ON true;

CREATE VIEW omnisci.recalls AS
SELECT x.export_id, x.shard, x.row_no, x.caption_id, g.figure_id, g.source, g.external_id, g.version, g.slug, g.detail
FROM omnisci.export_row x
JOIN omnisci.export r USING (export_id)
JOIN omnisci.caption c USING (caption_id)
JOIN omnisci.export_gate g USING (figure_id)
WHERE g.slug IS NOT NULL
  AND NOT (r.profile IN ('noncommercial', 'noderivatives') AND g.slug = 'license-noncommercial')
  AND NOT (r.profile = 'noderivatives' AND g.slug = 'license-no-derivatives');

COMMENT ON VIEW omnisci.export_gate IS 'One row a figure: whether the default profile may export it, and why not. Profiles for non-commercial use and for whole works let more licences pass.';
COMMENT ON COLUMN omnisci.export_gate.figure_id IS 'Figure.';
COMMENT ON COLUMN omnisci.export_gate.source IS 'arxiv, natcomms or folder.';
COMMENT ON COLUMN omnisci.export_gate.external_id IS 'arXiv id, DOI, or path.';
COMMENT ON COLUMN omnisci.export_gate.version IS 'Version of the paper.';
COMMENT ON COLUMN omnisci.export_gate.label IS 'Label as printed.';
COMMENT ON COLUMN omnisci.export_gate.license_class IS 'Normalised licence of the paper version.';
COMMENT ON COLUMN omnisci.export_gate.slug IS 'Why it may not be exported: retracted, withdrawn, superseded, not-an-article, a reject slug, third-party-credit, license-unknown, license-noncommercial, license-no-derivatives, license-nonexclusive or license-reserved; NULL where it may.';
COMMENT ON COLUMN omnisci.export_gate.detail IS 'The notice that retracts the paper, the credit line, or what the licence says.';
COMMENT ON VIEW omnisci.recalls IS 'Exported rows that no later release of the same profile may hold, and why.';
COMMENT ON COLUMN omnisci.recalls.export_id IS 'Release.';
COMMENT ON COLUMN omnisci.recalls.shard IS 'File of the release.';
COMMENT ON COLUMN omnisci.recalls.row_no IS 'Row in the file, from 0.';
COMMENT ON COLUMN omnisci.recalls.caption_id IS 'Caption in that row.';
COMMENT ON COLUMN omnisci.recalls.figure_id IS 'Figure.';
COMMENT ON COLUMN omnisci.recalls.source IS 'arxiv, natcomms or folder.';
COMMENT ON COLUMN omnisci.recalls.external_id IS 'arXiv id, DOI, or path.';
COMMENT ON COLUMN omnisci.recalls.version IS 'Version of the paper.';
COMMENT ON COLUMN omnisci.recalls.slug IS 'As in export_gate.';
COMMENT ON COLUMN omnisci.recalls.detail IS 'As in export_gate.';

GRANT SELECT ON omnisci.notices, omnisci.export_gate, omnisci.recalls TO omnisci_reader, omnisci_writer;
