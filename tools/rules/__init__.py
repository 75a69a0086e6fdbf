"""The project's own rules: what no linter knows, each a small function over one parsed file or the whole tree."""
