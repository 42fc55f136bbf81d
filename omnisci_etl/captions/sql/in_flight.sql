-- Requests that other living processes have under way, by the calls of this claim whose model they ask.
WITH rival AS MATERIALIZED (
  SELECT l.owner FROM call_lease l WHERE l.owner <> :owner AND l.lease_until > clock_timestamp() GROUP BY l.owner
), living AS MATERIALIZED (
  SELECT owner FROM rival WHERE owner_alive(owner)
), asked AS MATERIALIZED (
  SELECT m.provider, m.requested, count(*) AS requests
  FROM living JOIN call_lease l USING (owner) JOIN call k USING (call_id) JOIN model m USING (model_id)
  WHERE l.lease_until > clock_timestamp()
  GROUP BY 1, 2
)
SELECT k.call_id, a.requests
FROM asked a JOIN model m USING (provider, requested) JOIN call k USING (model_id)
WHERE k.call_id = ANY (CAST(:calls AS bigint[]))
