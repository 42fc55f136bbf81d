SELECT image_sha256::text AS image_sha256, array_agg(figure_id ORDER BY figure_id) AS figures
FROM figure WHERE image_sha256 = ANY (CAST(:images AS text[])) AND reject_slug IS NULL GROUP BY image_sha256
