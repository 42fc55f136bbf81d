-- What was read off these pictures last, or by one engine in one version.
SELECT DISTINCT ON (t.image_sha256) t.image_sha256::text AS image_sha256, t.strings
FROM omnisci.picture_text t
WHERE t.image_sha256 = ANY (CAST(:pictures AS text[])) AND t.slug = 'picture-read'
  AND (CAST(:engine AS text) IS NULL OR (t.engine = :engine AND t.engine_version = :engine_version))
ORDER BY t.image_sha256, t.read_at DESC, t.engine DESC, t.engine_version DESC
