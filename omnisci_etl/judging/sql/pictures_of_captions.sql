-- The pictures of captions.
SELECT DISTINCT f.image_sha256::text
FROM caption c JOIN figure f USING (figure_id)
WHERE c.caption_id = ANY (CAST(:captions AS bigint[])) AND f.image_sha256 IS NOT NULL
ORDER BY 1
