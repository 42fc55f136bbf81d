ALTER TABLE omnisci.mention ADD COLUMN namings integer NOT NULL DEFAULT 1 CHECK (namings > 0);
COMMENT ON COLUMN omnisci.mention.namings IS 'How often the paragraph names the figure: each link, and each number that is not linked.';

CREATE OR REPLACE VIEW omnisci.triplets AS
SELECT f.figure_id, p.source, p.external_id, p.version, p.title, p.published_on, p.disciplines, p.license_uri, p.license_class,
       (f.reject_slug IS NULL AND f.image_sha256 IS NOT NULL AND f.third_party_credit IS NULL
        AND p.status = 'current' AND l.exportable) AS exportable,
       f.reject_slug, f.label, f.ordinal, f.kind,
       ARRAY(SELECT n.label FROM omnisci.panel n WHERE n.figure_id = f.figure_id ORDER BY n.ordinal) AS panel_labels,
       f.image_sha256::text AS image_sha256, i.width, i.height, f.author_caption,
       coalesce((SELECT jsonb_agg(jsonb_build_object('text', m.body, 'section', m.section, 'panels', m.panels) ORDER BY m.ordinal)
                 FROM omnisci.mention m WHERE m.figure_id = f.figure_id), '[]') AS mentions,
       coalesce((SELECT sum(m.namings) FROM omnisci.mention m WHERE m.figure_id = f.figure_id), 0)::integer AS mention_count,
       f.page, f.bbox, f.extractor, f.extractor_version
FROM omnisci.papers p
JOIN LATERAL (SELECT e.extraction_id FROM omnisci.extraction e WHERE e.paper_version_id = p.paper_version_id
              ORDER BY (e.extractor IS NOT NULL) DESC, e.extraction_id DESC LIMIT 1) e ON true
JOIN omnisci.figure f ON f.extraction_id = e.extraction_id
JOIN omnisci.license_class l ON l.slug = p.license_class
LEFT JOIN omnisci.picture i USING (image_sha256);
COMMENT ON COLUMN omnisci.triplets.mention_count IS 'How often these name the figure: each link to it, and each number that is not linked.';
