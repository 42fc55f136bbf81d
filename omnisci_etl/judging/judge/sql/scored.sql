-- Which of these captions have a score under which of these configurations.
SELECT caption_id, config_sha256::text AS config_sha256
FROM score
WHERE caption_id = ANY (CAST(:captions AS bigint[])) AND scorer = :scorer AND config_sha256 = ANY (CAST(:configs AS text[]))
