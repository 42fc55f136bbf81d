ALTER TABLE omnisci.figure ADD COLUMN kind_confidence real CHECK (kind_confidence BETWEEN 0 AND 1);
COMMENT ON COLUMN omnisci.figure.kind_confidence IS 'How probable the kind is; NULL where no picture was at hand.';
COMMENT ON COLUMN omnisci.triplets.kind IS 'Kind of figure by its caption and picture (chart, schematic, microscopy, ...).';

CREATE TABLE omnisci.picture_look (
  image_sha256 omnisci.sha256_hex PRIMARY KEY REFERENCES omnisci.picture,
  version integer NOT NULL,
  phash bigint,
  thumbnail bytea NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  CHECK ((phash IS NULL) = (length(thumbnail) = 0)));
COMMENT ON TABLE omnisci.picture_look IS 'How a picture looks: 64-bit perceptual hash (NULL: too plain to have one) and 32 x 32 grey thumbnail, its margin cut off.';
-- Of two hashes that differ in at most 7 bits, one of the four bands of 16 bits differs in at most one.
CREATE INDEX picture_look_band_0 ON omnisci.picture_look (((phash >> 48) & 65535)) WHERE phash IS NOT NULL;
CREATE INDEX picture_look_band_1 ON omnisci.picture_look (((phash >> 32) & 65535)) WHERE phash IS NOT NULL;
CREATE INDEX picture_look_band_2 ON omnisci.picture_look (((phash >> 16) & 65535)) WHERE phash IS NOT NULL;
CREATE INDEX picture_look_band_3 ON omnisci.picture_look ((phash & 65535)) WHERE phash IS NOT NULL;

-- The values of a band of 16 bits that differ from this one in at most one bit.
CREATE FUNCTION omnisci.band_probes(band bigint) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
  SELECT band || array_agg(band # (1::bigint << i)) FROM generate_series(0, 15) i
$$;

CREATE TABLE omnisci.picture_pair (
  image_sha256 omnisci.sha256_hex NOT NULL REFERENCES omnisci.picture_look,
  other_sha256 omnisci.sha256_hex NOT NULL REFERENCES omnisci.picture_look,
  distance smallint NOT NULL CHECK (distance BETWEEN 0 AND 64),
  correlation real NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  PRIMARY KEY (image_sha256, other_sha256),
  CHECK (image_sha256::text COLLATE "C" < other_sha256::text COLLATE "C"));
CREATE INDEX picture_pair_other ON omnisci.picture_pair (other_sha256);
COMMENT ON TABLE omnisci.picture_pair IS 'Two pictures that look the same: how many bits of their hashes differ, and the correlation of their thumbnails.';

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['picture_look', 'picture_pair'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON omnisci.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION omnisci.refuse_change()', name);
  END LOOP;
END $$;

CREATE VIEW omnisci.near_duplicates AS
WITH newest AS (
  SELECT DISTINCT ON (paper_id) paper_id, paper_version_id FROM omnisci.paper_version ORDER BY paper_id, version DESC
), paper AS (
  SELECT n.paper_id, e.extraction_id, coalesce(s.published_on, e.published_on, 'infinity') AS published_on, p.source, p.external_id,
         ARRAY(SELECT DISTINCT key FROM unnest(ARRAY[
                 'doi ' || lower(s.doi), 'doi ' || lower(e.doi),
                 'title ' || lower(regexp_replace(s.title, '[^[:alnum:]]+', '', 'g')),
                 'title ' || lower(regexp_replace(e.title, '[^[:alnum:]]+', '', 'g'))]) key
               WHERE key LIKE 'doi %' OR length(key) > 30) AS keys
  FROM newest n
  JOIN omnisci.paper p USING (paper_id)
  JOIN LATERAL (SELECT title, doi, published_on FROM omnisci.paper_state s WHERE s.paper_version_id = n.paper_version_id
                ORDER BY paper_state_id DESC LIMIT 1) s ON true
  JOIN LATERAL (SELECT extraction_id, title, doi, published_on FROM omnisci.extraction e
                WHERE e.paper_version_id = n.paper_version_id
                ORDER BY (e.extractor IS NOT NULL) DESC, e.extraction_id DESC LIMIT 1) e ON true
), figure AS (
  SELECT f.figure_id, f.ordinal, f.image_sha256::text AS image_sha256, p.paper_id, p.published_on, p.source, p.external_id
  FROM paper p JOIN omnisci.figure f USING (extraction_id) WHERE f.image_sha256 IS NOT NULL
), key AS (
  SELECT paper_id, unnest(keys) AS key FROM paper
), work AS (
  SELECT DISTINCT a.paper_id, b.paper_id AS other_id FROM key a JOIN key b USING (key) WHERE a.paper_id <> b.paper_id
), pair AS (
  SELECT image_sha256::text AS image_sha256, other_sha256::text AS other_sha256, distance, correlation FROM omnisci.picture_pair
  UNION ALL
  SELECT other_sha256::text, image_sha256::text, distance, correlation FROM omnisci.picture_pair
), alike AS (
  SELECT a.figure_id, b.figure_id AS other_figure, 'same-file' AS evidence, 0 AS distance, 1::real AS correlation
  FROM figure a JOIN figure b USING (image_sha256)
  UNION ALL
  SELECT a.figure_id, b.figure_id, 'same-look', p.distance, p.correlation
  FROM figure a JOIN pair p USING (image_sha256) JOIN figure b ON b.image_sha256 = p.other_sha256
  UNION ALL
  -- Between preprint and article a greater distance says enough: rendering and layout of the parts differ.
  SELECT a.figure_id, b.figure_id, 'same-work', bit_count((la.phash # lb.phash)::bit(64))::integer, NULL
  FROM work w JOIN figure a ON a.paper_id = w.paper_id JOIN figure b ON b.paper_id = w.other_id
  JOIN omnisci.picture_look la ON la.image_sha256 = a.image_sha256 JOIN omnisci.picture_look lb ON lb.image_sha256 = b.image_sha256
  WHERE bit_count((la.phash # lb.phash)::bit(64)) <= 11
)
SELECT DISTINCT ON (a.figure_id, b.paper_id)
       a.figure_id, b.figure_id AS repeats_figure_id, a.paper_id, b.paper_id AS repeats_paper_id,
       EXISTS (SELECT FROM work w WHERE w.paper_id = a.paper_id AND w.other_id = b.paper_id) AS same_work,
       x.evidence, x.distance, x.correlation
FROM alike x
JOIN figure a ON a.figure_id = x.figure_id
JOIN figure b ON b.figure_id = x.other_figure
WHERE (b.published_on, b.source, b.external_id) < (a.published_on, a.source, a.external_id) AND b.paper_id <> a.paper_id
ORDER BY a.figure_id, b.paper_id, x.distance, x.correlation DESC NULLS LAST, x.evidence, b.ordinal;

COMMENT ON VIEW omnisci.near_duplicates IS 'Which figure of a paper published earlier a figure repeats, by its picture: one row for each such paper, newest versions and readings only.';
COMMENT ON COLUMN omnisci.near_duplicates.figure_id IS 'The later figure.';
COMMENT ON COLUMN omnisci.near_duplicates.repeats_figure_id IS 'The figure of the earlier paper that looks most like it.';
COMMENT ON COLUMN omnisci.near_duplicates.paper_id IS 'Paper of the later figure.';
COMMENT ON COLUMN omnisci.near_duplicates.repeats_paper_id IS 'Paper of the earlier one.';
COMMENT ON COLUMN omnisci.near_duplicates.same_work IS 'Whether the two are the same work, such as preprint and article: same DOI or same title.';
COMMENT ON COLUMN omnisci.near_duplicates.evidence IS 'same-file: equal hash of the picture; same-look: hash and thumbnail agree; same-work: the hash nearly agrees, and the works are the same.';
COMMENT ON COLUMN omnisci.near_duplicates.distance IS 'Bits in which the perceptual hashes differ.';
COMMENT ON COLUMN omnisci.near_duplicates.correlation IS 'Correlation of the thumbnails; NULL where the hash sufficed.';

GRANT SELECT ON omnisci.picture_look, omnisci.picture_pair, omnisci.near_duplicates TO omnisci_reader, omnisci_writer;
GRANT INSERT ON omnisci.picture_look, omnisci.picture_pair TO omnisci_writer;
