INSERT INTO omnisci.batch (intent_key, provider, api, model_id, requests, bytes, run_key, owner)
SELECT :intent_key, m.provider, m.api, m.model_id, :requests, :bytes, :run_key, :owner
FROM omnisci.call k JOIN omnisci.model m USING (model_id) WHERE k.call_id = :call_id
RETURNING batch_id
