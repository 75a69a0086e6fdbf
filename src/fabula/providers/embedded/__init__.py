"""The embedded model: weights on this machine, served by a child process over loopback.

Exports nothing: `python -m fabula.providers.embedded.child` imports this module first, and must not
pay for an HTTP client there. Use `EmbeddedModel` from `.model`.
"""
