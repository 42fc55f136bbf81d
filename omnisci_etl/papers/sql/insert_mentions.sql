INSERT INTO omnisci.mention (figure_id, ordinal, body, sentence, section, panels, namings)
SELECT f.figure_id, s.ordinal, s.body, s.sentence, s.section, s.panels, s.namings
FROM pg_temp.mention_stage s JOIN omnisci.figure f ON f.extraction_id = s.extraction_id AND f.locator = s.locator
