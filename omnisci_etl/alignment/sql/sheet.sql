-- What an expert sees of a sample; neither model nor score.
SELECT i.sample_id, i.caption_id, f.label AS figure_label, coalesce(e.title, '') AS title, f.author_caption, c.body AS caption,
       f.image_sha256::text AS image_sha256, c.panels
FROM sample_item i
JOIN caption c USING (caption_id)
JOIN figure f USING (figure_id)
JOIN extraction e USING (extraction_id)
WHERE i.sample_id = :sample_id
ORDER BY i.ordinal
