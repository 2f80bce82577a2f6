"""SQL and nothing but SQL: tables, migrations, one file a noun."""
