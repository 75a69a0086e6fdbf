"""Structured logs: one event name and fields, no user text. JSON for machines, colour on a terminal."""

import logging
import sys

import structlog


def configure_logs(level: str, form: str) -> None:
    """Set up structlog once; `form` is auto, json or console. The standard library's loggers follow at warning."""
    threshold = getattr(logging, level.upper())
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    renderer = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(threshold, logging.WARNING), format="%(levelname)s %(name)s %(message)s", force=True)
