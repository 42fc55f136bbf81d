-- A deletion says nothing but that: what was known of the paper stays. A status that the content itself stated
-- (facts.stated_by) outlives metadata that have not noticed yet.
INSERT INTO omnisci.paper_state (
  paper_version_id, title, doi, authors, published_on, license_uri, license_class, status, facts, state_sha256, run_key)
SELECT v.paper_version_id,
       coalesce(i.title, k.title), coalesce(i.doi, k.doi), CASE WHEN k.paper_version_id IS NULL THEN i.authors ELSE k.authors END,
       coalesce(i.published_on, k.published_on), coalesce(i.license_uri, k.license_uri), coalesce(k.license_class, i.license_class),
       CASE WHEN i.status = 'current' AND s.facts ? 'stated_by' THEN s.status ELSE i.status END,
       i.facts || CASE WHEN s.facts ? 'stated_by' THEN jsonb_build_object('stated_by', s.facts -> 'stated_by') ELSE '{}' END,
       i.state_sha256, :run_key
FROM pg_temp.incoming i
JOIN omnisci.paper_version v ON v.paper_id = i.paper_id AND v.version = i.version
LEFT JOIN LATERAL (
  SELECT * FROM omnisci.paper_state s WHERE s.paper_version_id = v.paper_version_id
  ORDER BY s.paper_state_id DESC LIMIT 1) s ON true
LEFT JOIN LATERAL (
  SELECT k.* FROM omnisci.paper_state k JOIN omnisci.paper_version kv USING (paper_version_id)
  WHERE kv.paper_id = i.paper_id ORDER BY kv.version DESC, k.paper_state_id DESC LIMIT 1) k ON i.facts ? 'deleted'
WHERE s.state_sha256 IS DISTINCT FROM i.state_sha256
