CREATE TABLE omnisci.calibration (
  calibration_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scorer text NOT NULL,
  config_sha256 omnisci.sha256_hex NOT NULL,
  stratum jsonb NOT NULL CHECK (jsonb_typeof(stratum) = 'object'),
  at_least double precision CHECK (at_least >= 0 AND at_least <= 1),
  band double precision NOT NULL DEFAULT 0 CHECK (band >= 0 AND band <= 1),
  method text NOT NULL,
  n integer NOT NULL CHECK (n >= 0),
  alpha double precision CHECK (alpha > 0 AND alpha < 1),
  detail jsonb NOT NULL DEFAULT '{}',
  run_key bigint NOT NULL REFERENCES omnisci.run,
  fitted_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX calibration_newest ON omnisci.calibration (scorer, stratum, calibration_id DESC);
COMMENT ON TABLE omnisci.calibration IS 'A threshold of the gate, fitted to ratings of experts: the newest of a scorer and stratum holds for captions whose features have the values of stratum ({} is all), as long as the scorer is configured as it was. at_least NULL takes it back.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON omnisci.calibration
  FOR EACH STATEMENT EXECUTE FUNCTION omnisci.refuse_change();
GRANT SELECT ON omnisci.calibration TO omnisci_reader, omnisci_writer;
GRANT INSERT ON omnisci.calibration TO omnisci_writer;
