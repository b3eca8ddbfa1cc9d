"""The study file, its validation, the plan and the run."""
