-- The exported caption with the most panels, and its release.
SELECT l.caption_id, x.format || '-' || x.profile || '-' || left(x.state_sha256, 12) AS release
FROM export_lineage l JOIN export x USING (export_id)
WHERE l.is_active ORDER BY x.export_id DESC, jsonb_array_length(l.panels) DESC, l.caption_id LIMIT 1
