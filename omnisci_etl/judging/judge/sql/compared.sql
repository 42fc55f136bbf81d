-- Every stored comparison, the newest of a pair: which models wrote the two captions, and what came of it.
SELECT DISTINCT ON (p.caption_id, p.other_caption_id) m.requested AS model, o.requested AS other_model, p.outcome, p.consistent
FROM pairwise_judgement p
JOIN caption c ON c.caption_id = p.caption_id
JOIN model m ON m.model_id = c.model_id
JOIN caption d ON d.caption_id = p.other_caption_id
JOIN model o ON o.model_id = d.model_id
ORDER BY p.caption_id, p.other_caption_id, p.pairwise_judgement_id DESC
