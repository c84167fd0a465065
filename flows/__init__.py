"""When and in what order: Prefect flows over the steps of npo_pipeline."""
