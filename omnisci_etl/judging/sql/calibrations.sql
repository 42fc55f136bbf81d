-- The newest calibration of each scorer and stratum that was fitted to the scorer as it is now, newest first.
SELECT calibration_id, scorer, config_sha256, stratum, at_least, band
FROM (
  SELECT DISTINCT ON (scorer, config_sha256, stratum) calibration_id, scorer, config_sha256::text AS config_sha256, stratum, at_least, band
  FROM calibration
  WHERE scorer || ' ' || config_sha256 = ANY (CAST(:wanted AS text[]))
  ORDER BY scorer, config_sha256, stratum, calibration_id DESC) newest
ORDER BY calibration_id DESC
