INSERT INTO omnisci.export_row (export_id, shard, row_no, caption_id, decision_id)
SELECT export_id, shard, row_no, caption_id, decision_id FROM pg_temp.export_row_stage ORDER BY shard, row_no
