"""When and where it runs: pipeline, Prefect flows, settings and the command line."""
