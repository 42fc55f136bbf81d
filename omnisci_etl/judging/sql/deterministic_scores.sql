-- The newest score of each scorer that the gate reads, as this code computes it.
SELECT z.caption_id, z.scorer, z.config_sha256, z.value
FROM score z
WHERE z.caption_id = ANY (CAST(:captions AS bigint[])) AND z.scorer || ' ' || z.config_sha256 = ANY (CAST(:wanted AS text[]))
ORDER BY z.caption_id, z.scorer
