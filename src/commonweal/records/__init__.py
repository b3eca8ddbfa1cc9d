"""Raw tables to declared, validated, dated events."""
