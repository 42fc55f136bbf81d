SELECT EXISTS (SELECT FROM omnisci.paper_discipline WHERE paper_id = :paper_id AND taxonomy_version = :taxonomy_version)
