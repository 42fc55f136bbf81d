SELECT figure_id FROM figure WHERE figure_id = ANY (CAST(:figures AS bigint[])) AND image_sha256 IS NOT NULL
