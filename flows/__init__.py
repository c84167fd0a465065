"""Prefect flows over the steps of npo_pipeline: order, schedule, retries and artifacts."""
