-- The newest calibration of each scorer and stratum that was fitted to the scorer as it is now.
SELECT DISTINCT ON (scorer, stratum) calibration_id, scorer, stratum, at_least, band
FROM calibration
WHERE scorer || ' ' || config_sha256 = ANY (CAST(:wanted AS text[]))
ORDER BY scorer, stratum, calibration_id DESC
