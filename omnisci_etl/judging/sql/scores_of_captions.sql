-- The scores of captions: those of the scorers that this code configures, and of the models that judge the newest.
SELECT z.caption_id, z.scorer, z.value, coalesce(z.detail ->> 'slug', '') AS slug
FROM score z
WHERE z.caption_id = ANY (CAST(:captions AS bigint[])) AND z.scorer || ' ' || z.config_sha256 = ANY (CAST(:wanted AS text[]))
UNION ALL
SELECT z.caption_id, z.scorer, z.value, z.slug
FROM (SELECT DISTINCT ON (caption_id, scorer) caption_id, scorer, value, coalesce(detail ->> 'slug', '') AS slug
      FROM score WHERE caption_id = ANY (CAST(:captions AS bigint[])) AND scorer = ANY (CAST(:paid AS text[]))
      ORDER BY caption_id, scorer, score_id DESC) z
ORDER BY caption_id, scorer
