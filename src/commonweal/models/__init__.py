"""Numbers to scores: boosting, logistic regression and the baselines they must beat."""
