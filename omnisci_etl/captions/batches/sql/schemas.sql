SELECT DISTINCT p.prompt_sha256::text AS prompt_sha256, p.output_schema
FROM attempt a JOIN call k USING (call_id) JOIN prompt p USING (prompt_sha256) WHERE a.batch_id = :batch_id
