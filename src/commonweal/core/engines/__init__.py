"""Where relations are computed: DuckDB in this process, PostgreSQL or Spark, with equal cells."""
