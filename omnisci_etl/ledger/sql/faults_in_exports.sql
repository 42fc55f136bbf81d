SELECT 'export ' || x.export_id || ': ' || x.rows || ' rows announced, ' || count(r.*) || ' stored'
FROM export x LEFT JOIN export_row r USING (export_id)
GROUP BY x.export_id, x.rows HAVING count(r.*) <> x.rows
UNION ALL
SELECT 'export ' || r.export_id || ' ' || r.shard || ' row ' || r.row_no || ': its decision is not an acceptance of its caption'
FROM export_row r JOIN decision d USING (decision_id)
WHERE d.caption_id <> r.caption_id OR d.outcome <> 'accept'
