"""Batches of the vendors: the same calls as on line, at the batch price, each paid once.

The intent of a batch is committed with its attempts before the vendor hears of it. What became of it are events, each
written once: submitted, ended, collected or abandoned. Whoever finds an intent without an event, its process gone,
looks for the batch at the vendor before anything of it is asked again.
"""
