CREATE TABLE omnisci.picture_text (
  image_sha256 omnisci.sha256_hex NOT NULL REFERENCES omnisci.picture,
  engine text NOT NULL,
  engine_version text NOT NULL,
  slug text NOT NULL REFERENCES omnisci.status,
  strings jsonb NOT NULL CHECK (jsonb_typeof(strings) = 'array'),
  run_key bigint NOT NULL REFERENCES omnisci.run,
  read_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (image_sha256, engine, engine_version));
COMMENT ON TABLE omnisci.picture_text IS 'What an engine read off a picture, or why it could not; one row a picture, engine and version.';
COMMENT ON COLUMN omnisci.picture_text.engine_version IS 'Version of the engine and, behind the slash, of how it is used here.';
COMMENT ON COLUMN omnisci.picture_text.slug IS 'picture-read (with no string where nothing is written in it), or why nothing could be read.';
COMMENT ON COLUMN omnisci.picture_text.strings IS '[{text, box, confidence}] in reading order; box is left, top, right, bottom in shares of width and height.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON omnisci.picture_text
  FOR EACH STATEMENT EXECUTE FUNCTION omnisci.refuse_change();
GRANT SELECT ON omnisci.picture_text TO omnisci_reader, omnisci_writer;
GRANT INSERT ON omnisci.picture_text TO omnisci_writer;
