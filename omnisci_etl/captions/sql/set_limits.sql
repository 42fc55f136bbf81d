-- The limits of the retry policy for the rest of this transaction (view retry_limits).
SELECT set_config('omnisci.strike_cap', :strike_cap, true), set_config('omnisci.unknown_cap', :unknown_cap, true),
       set_config('omnisci.unknown_grace', :unknown_grace, true)
