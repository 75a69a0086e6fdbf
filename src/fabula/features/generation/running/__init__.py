"""A pipeline at work inside a turn: its steps, what they are given, what they ask."""
