SELECT source, stage, status, sum(count)::bigint AS count FROM funnel GROUP BY source, stage, status
ORDER BY source, array_position(ARRAY['paper', 'figure', 'caption', 'decision', 'export'], stage), count DESC, status
