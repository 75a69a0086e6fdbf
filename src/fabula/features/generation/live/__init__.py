"""Answers being written: text in memory, who follows it, and what goes to the database meanwhile."""
