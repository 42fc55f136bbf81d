-- Which of these captions have a score of which of the scorers that ask models.
SELECT DISTINCT caption_id, scorer
FROM score
WHERE caption_id = ANY (CAST(:captions AS bigint[])) AND scorer = ANY (CAST(:paid AS text[]))
