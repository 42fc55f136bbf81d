UPDATE omnisci.paper_queue q SET leased_by = :owner, updated_at = now()
WHERE q.paper_id = (
  SELECT c.paper_id FROM omnisci.paper_queue c
  WHERE c.paper_id = ANY(:candidates) AND c.next_try_at <= now()
    AND (c.leased_by IS NULL OR NOT omnisci.owner_alive(c.leased_by))
  ORDER BY c.next_try_at, c.paper_id
  LIMIT 1
  FOR UPDATE SKIP LOCKED)
RETURNING q.paper_id
