-- Figures without a caption, and why.
SELECT t.figure_id, t.source, t.external_id, t.label,
       coalesce(t.reject_slug,
                (SELECT CASE k.state WHEN 'failed' THEN k.last_slug ELSE k.state END
                 FROM route r JOIN call_status k USING (call_id) WHERE r.figure_id = t.figure_id ORDER BY r.route_id DESC LIMIT 1),
                'waiting') AS why,
       s.explanation
FROM triplets t
LEFT JOIN status s ON s.slug = t.reject_slug
WHERE NOT EXISTS (SELECT FROM caption c WHERE c.figure_id = t.figure_id)
ORDER BY why, t.source, t.external_id, t.ordinal
