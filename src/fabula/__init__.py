"""Fabula: one self-hosted server for every kind of AI conversation."""

__version__ = "0.1.0"
