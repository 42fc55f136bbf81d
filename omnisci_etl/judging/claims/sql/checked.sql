-- Which of these captions were examined under which configuration.
SELECT caption_id, config_sha256::text AS config_sha256
FROM claim_check
WHERE caption_id = ANY (CAST(:captions AS bigint[])) AND config_sha256 = ANY (CAST(:configs AS text[]))
