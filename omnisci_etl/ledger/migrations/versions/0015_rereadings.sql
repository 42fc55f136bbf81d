CREATE TABLE omnisci.rereading (
  extraction_id bigint NOT NULL REFERENCES omnisci.extraction,
  extractors jsonb NOT NULL CHECK (jsonb_typeof(extractors) = 'object'),
  run_key bigint NOT NULL REFERENCES omnisci.run,
  reread_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (extraction_id, extractors));
COMMENT ON TABLE omnisci.rereading IS 'That other versions of the extractors read the document of an extraction again and found nothing else, so that its figures stand.';
COMMENT ON COLUMN omnisci.rereading.extractors IS 'Versions of all extractors then: {extractor: version}.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON omnisci.rereading
  FOR EACH STATEMENT EXECUTE FUNCTION omnisci.refuse_change();
GRANT SELECT ON omnisci.rereading TO omnisci_reader, omnisci_writer;
GRANT INSERT ON omnisci.rereading TO omnisci_writer;
