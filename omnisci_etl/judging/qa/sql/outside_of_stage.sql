SELECT o.outside_caption_id, o.figure_id, o.captioner, o.body_sha256::text AS body_sha256
FROM omnisci.qa_outside_caption o
JOIN pg_temp.outside_stage s ON s.figure_id = o.figure_id AND s.captioner = o.captioner AND s.body_sha256 = o.body_sha256
