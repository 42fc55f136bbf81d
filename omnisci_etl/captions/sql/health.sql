-- Attempts of the last minutes by model, and those that met a vendor in trouble.
SELECT m.provider, m.requested, count(*) AS attempts, count(*) FILTER (WHERE s.class = 'transient') AS failures
FROM omnisci.attempt a
JOIN omnisci.attempt_outcome o USING (attempt_id)
JOIN omnisci.status s USING (slug)
JOIN omnisci.call k USING (call_id)
JOIN omnisci.model m USING (model_id)
WHERE a.sent_at > clock_timestamp() - make_interval(mins => :minutes)
GROUP BY 1, 2
