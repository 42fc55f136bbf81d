-- A paper that another run works on is left to it.
UPDATE omnisci.paper_queue q SET tries = 0, next_try_at = now(), updated_at = now()
WHERE q.paper_id = ANY(:paper_ids) AND (q.leased_by IS NULL OR NOT omnisci.owner_alive(q.leased_by))
