-- The newest state of each version again, with another status and who stated it. state_sha256 stays that of the
-- metadata, which have not changed.
INSERT INTO omnisci.paper_state (
  paper_version_id, title, doi, authors, published_on, license_uri, license_class, status, facts, state_sha256, run_key)
SELECT s.paper_version_id, s.title, s.doi, s.authors, s.published_on, s.license_uri, s.license_class, :status,
       s.facts || jsonb_build_object('stated_by', CAST(:stated_by AS text)), s.state_sha256, :run_key
FROM unnest(CAST(:versions AS bigint[])) AS w (paper_version_id)
JOIN LATERAL (
  SELECT * FROM omnisci.paper_state s WHERE s.paper_version_id = w.paper_version_id
  ORDER BY s.paper_state_id DESC LIMIT 1) s ON true
WHERE s.status <> :status
