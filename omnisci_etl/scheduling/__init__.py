"""Airflow: what the DAG files are wired from, the environment they run in, and the local launcher."""
