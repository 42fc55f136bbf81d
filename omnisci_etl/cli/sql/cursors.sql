SELECT source, set_spec, position, updated_at FROM cursor ORDER BY source, set_spec
