INSERT INTO omnisci.paper_discipline (paper_id, taxonomy_version, discipline, is_primary, evidence_kind, evidence, run_key)
VALUES (:paper_id, :taxonomy_version, :discipline, :is_primary, :evidence_kind, :evidence, :run_key)
ON CONFLICT DO NOTHING
