-- The newest caption of each figure that this model wrote.
SELECT DISTINCT ON (c.figure_id) c.figure_id, c.caption_id
FROM caption c
JOIN model m USING (model_id)
JOIN figure f USING (figure_id)
WHERE m.provider = :provider AND m.requested = :requested AND f.image_sha256 IS NOT NULL
ORDER BY c.figure_id, c.caption_id DESC
