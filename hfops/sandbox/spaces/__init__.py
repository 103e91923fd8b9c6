"""What only Spaces have: a runtime that changes over time, hardware, secrets, variables, volumes, logs."""
