"""HTTP: who calls, errors, streams, limits. The only layer that knows status codes."""
