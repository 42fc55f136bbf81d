SELECT position FROM omnisci.cursor WHERE source = :source AND set_spec = :set_spec
