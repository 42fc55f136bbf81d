INSERT INTO omnisci.mention (figure_id, ordinal, body, sentence, section, panels)
SELECT f.figure_id, s.ordinal, s.body, s.sentence, s.section, s.panels
FROM pg_temp.mention_stage s JOIN omnisci.figure f ON f.extraction_id = s.extraction_id AND f.locator = s.locator
