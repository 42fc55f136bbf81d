SELECT figure_id FROM qa_writing WHERE figure_id = ANY (CAST(:figures AS bigint[])) AND config_sha256 = :config_sha256
