-- Those of these pictures that the engine in this version has not read.
SELECT p.image_sha256::text
FROM omnisci.picture p
WHERE p.image_sha256 = ANY (CAST(:pictures AS text[]))
  AND NOT EXISTS (SELECT FROM omnisci.picture_text t WHERE t.image_sha256 = p.image_sha256
                  AND t.engine = :engine AND t.engine_version = :engine_version)
ORDER BY 1
