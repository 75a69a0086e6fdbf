"""The turn: begin, write, settle."""
