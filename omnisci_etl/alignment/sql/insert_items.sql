INSERT INTO omnisci.sample_item (sample_id, caption_id, ordinal, stratum, inclusion_probability)
SELECT sample_id, caption_id, ordinal, stratum, inclusion_probability FROM pg_temp.item_stage ORDER BY ordinal
