"""What every stage is written in: dates, tables, store, results, errors, seeds."""
