INSERT INTO omnisci.panel (figure_id, ordinal, label, body)
SELECT f.figure_id, s.ordinal, s.label, s.body
FROM pg_temp.panel_stage s JOIN omnisci.figure f ON f.extraction_id = s.extraction_id AND f.locator = s.locator
