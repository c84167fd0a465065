"""One sequence of steps per command, shared by the command line and the Prefect flows."""
