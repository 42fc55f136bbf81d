SELECT export_id, format, profile, rows, exported_at FROM export ORDER BY export_id DESC LIMIT 5
