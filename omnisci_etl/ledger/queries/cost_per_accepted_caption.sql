-- What an accepted caption costs, by discipline, kind, model and prompt; failed and unknown attempts included.
SELECT discipline, kind, provider, model, left(prompt_sha256, 12) AS prompt, sum(calls) AS calls, sum(accepted) AS accepted,
       sum(cost_usd) AS cost_usd, sum(cost_unknown_usd) AS cost_unknown_usd,
       round(sum(cost_usd) / nullif(sum(accepted), 0), 6) AS cost_per_accepted
FROM spend WHERE purpose = 'caption'
GROUP BY discipline, kind, provider, model, prompt_sha256
ORDER BY cost_usd DESC, accepted DESC
