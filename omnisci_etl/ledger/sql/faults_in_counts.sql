SELECT 'extraction ' || e.extraction_id || ': ' || e.figures_found || ' figures found, '
       || count(f.*) || ' stored, ' || count(f.*) FILTER (WHERE f.reject_slug IS NOT NULL) || ' rejected'
FROM extraction e LEFT JOIN figure f USING (extraction_id)
GROUP BY e.extraction_id, e.figures_found, e.figures_rejected
HAVING count(f.*) <> e.figures_found OR count(f.*) FILTER (WHERE f.reject_slug IS NOT NULL) <> e.figures_rejected
