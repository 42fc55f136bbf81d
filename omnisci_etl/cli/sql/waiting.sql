SELECT p.source, count(*) FILTER (WHERE q.next_try_at <= now()) AS papers_due,
       count(*) FILTER (WHERE q.next_try_at > now()) AS papers_later, min(q.next_try_at) AS next_try
FROM paper_queue q JOIN paper p USING (paper_id) WHERE q.next_try_at IS NOT NULL GROUP BY p.source ORDER BY p.source
