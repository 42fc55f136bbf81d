WITH made AS (
  INSERT INTO omnisci.paper_version (paper_id, version, run_key)
  VALUES (:paper_id, :version, :run_key)
  ON CONFLICT (paper_id, version) DO NOTHING
  RETURNING paper_version_id
), state AS (
  INSERT INTO omnisci.paper_state (
    paper_version_id, title, doi, authors, published_on, license_uri, license_class, status, facts, state_sha256, run_key)
  SELECT m.paper_version_id, s.title, s.doi, s.authors, s.published_on, s.license_uri, s.license_class, s.status, s.facts,
         s.state_sha256, :run_key
  FROM made m, LATERAL (SELECT * FROM omnisci.paper_state s WHERE s.paper_version_id = :paper_version_id
                        ORDER BY paper_state_id DESC LIMIT 1) s
)
SELECT paper_version_id FROM made
UNION ALL
SELECT paper_version_id FROM omnisci.paper_version WHERE paper_id = :paper_id AND version = :version
LIMIT 1
