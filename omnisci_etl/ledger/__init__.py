"""PostgreSQL: tables, views, sessions, the embedded server, and the blob store."""
