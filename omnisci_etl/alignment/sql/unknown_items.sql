SELECT s.sample_id, s.caption_id FROM pg_temp.rating_stage s
WHERE NOT EXISTS (SELECT FROM omnisci.sample_item i WHERE i.sample_id = s.sample_id AND i.caption_id = s.caption_id)
ORDER BY 1, 2 LIMIT 10
