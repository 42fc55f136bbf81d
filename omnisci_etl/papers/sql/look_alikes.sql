-- Stored pictures whose hash is near that of one of these. The probes find every hash at a distance of 7 or less.
SELECT s.image_sha256, s.thumbnail, o.image_sha256 AS other_sha256, o.thumbnail AS other_thumbnail, o.distance
FROM omnisci.picture_look s
CROSS JOIN LATERAL (
  SELECT l.image_sha256, l.thumbnail, bit_count((l.phash # s.phash)::bit(64))::integer AS distance
  FROM omnisci.picture_look l
  WHERE l.phash IS NOT NULL AND l.image_sha256 <> s.image_sha256
    AND (((l.phash >> 48) & 65535) = ANY (omnisci.band_probes((s.phash >> 48) & 65535))
      OR ((l.phash >> 32) & 65535) = ANY (omnisci.band_probes((s.phash >> 32) & 65535))
      OR ((l.phash >> 16) & 65535) = ANY (omnisci.band_probes((s.phash >> 16) & 65535))
      OR (l.phash & 65535) = ANY (omnisci.band_probes(s.phash & 65535)))
    AND bit_count((l.phash # s.phash)::bit(64)) <= :distance
  ORDER BY 3, l.image_sha256 LIMIT 50) o
WHERE s.image_sha256 = ANY (CAST(:pictures AS text[])) AND s.phash IS NOT NULL
