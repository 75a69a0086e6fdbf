"""Metrics, counted where things happen and scraped at `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

registry = CollectorRegistry()

requests = Counter(
    "fabula_http_requests", "HTTP answers by method and status class.", ("method", "status"), registry=registry
)
request_seconds = Histogram(
    "fabula_http_request_seconds",
    "Time to the first byte of an HTTP answer.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=registry,
)
generations = Counter("fabula_generations", "Settled generations by status.", ("status",), registry=registry)
live_generations = Gauge("fabula_live_generations", "Generations being written now.", registry=registry)
subscribers = Gauge("fabula_stream_subscribers", "Open answer streams.", registry=registry)
first_delta_seconds = Histogram(
    "fabula_first_delta_seconds",
    "From the start of a turn to its first delta.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    registry=registry,
)
deltas = Counter("fabula_stream_deltas", "Deltas received from models.", registry=registry)
flush_seconds = Histogram(
    "fabula_flush_seconds",
    "Writing the streamed text of all live generations.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
    registry=registry,
)


def render() -> bytes:
    """The Prometheus text format."""
    return generate_latest(registry)
