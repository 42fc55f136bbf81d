SELECT day, provider, model, purpose, sum(calls)::bigint AS calls, sum(attempts)::bigint AS attempts,
       sum(failures)::bigint AS failures, sum(input_tokens)::bigint AS input_tokens, sum(output_tokens)::bigint AS output_tokens,
       sum(cost_usd) AS cost_usd, sum(unknown)::bigint AS unknown, sum(cost_unknown_usd) AS cost_unknown_usd,
       sum(accepted)::bigint AS accepted
FROM spend GROUP BY day, provider, model, purpose ORDER BY day DESC, provider, model
