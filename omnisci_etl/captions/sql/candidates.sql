-- Figures of the newest extraction of current papers that can be captioned: those without a caption; all, where asked for;
-- and those whose captions were all judged and are all weak, while there may be an escalation more. A caption is weak whose
-- gate score is low, and one that a stage of the gate behind the text has turned down.
SELECT f.figure_id
FROM papers p
JOIN LATERAL (SELECT e.extraction_id FROM extraction e WHERE e.paper_version_id = p.paper_version_id
              ORDER BY (e.extractor IS NOT NULL) DESC, e.extraction_id DESC LIMIT 1) e ON true
JOIN figure f ON f.extraction_id = e.extraction_id
WHERE p.status = 'current' AND f.reject_slug IS NULL AND f.image_sha256 IS NOT NULL
  AND (CAST(:discipline AS text) IS NULL OR :discipline = ANY (p.disciplines))
  AND (:captioned OR NOT EXISTS (SELECT FROM caption c WHERE c.figure_id = f.figure_id)
       OR (CAST(:below AS double precision) IS NOT NULL AND EXISTS (
         SELECT FROM caption c
         JOIN route r ON r.route_id = c.route_id
         LEFT JOIN LATERAL (SELECT * FROM decisions d WHERE d.caption_id = c.caption_id LIMIT 1) d ON true
         WHERE c.figure_id = f.figure_id
         HAVING bool_and(d.gate_score IS NOT NULL) AND bool_and(d.gate_score < :below OR d.turned_down)
           AND count(*) FILTER (WHERE r.reason ->> 'rule' = 'escalate') < :at_most)))
ORDER BY f.figure_id
