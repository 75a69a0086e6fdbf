"""The child process: llama.cpp's OpenAI-compatible server for one GGUF file, on loopback.

    python -m fabula.providers.embedded.child --model PATH [--port 0 --threads N --ctx N --parallel N]

It takes its key from the environment, and when it answers writes one line of JSON, `{"port": N}`, to
standard output. It lives as long as its standard input is open: the parent holds the other end, so a
parent that is gone, killed or not, leaves no child.
"""

import argparse
import ctypes
import http.client
import json
import os
import select
import signal
import stat
import sys
import threading
from urllib.parse import urlsplit

KEY_VARIABLE = "FABULA_EMBEDDED_KEY"
LOG_BYTES = 1 << 20  # then the log starts over
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_WATCH_SECONDS = 5.0
_WARNINGS = 2  # llama.cpp's verbosity: above it, its log would tell of requests
_PROMPT_CACHE_MIB = 256  # prompts of chats that are between turns; llama.cpp's own default is 8 GiB


def main() -> None:
    arguments = _parse()
    key = os.environ.pop(KEY_VARIABLE)
    _die_with_parent()
    report = _take_stdout()
    watch = threading.Thread(target=_watch_parent, daemon=True)
    watch.start()
    server, port = _serve(arguments, key)
    os.write(report, json.dumps({"port": port}).encode() + b"\n")
    watch.join()
    del server  # never reached: the watch ends the process; until then the server must be held


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve one GGUF file on loopback until standard input closes.")
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--ctx", type=int, default=4096, help="tokens of context for each answer")
    parser.add_argument("--parallel", type=int, default=1, help="answers written at once; others wait")
    return parser.parse_args()


def _die_with_parent() -> None:
    """Ask Linux for SIGKILL when the thread that started us ends.

    Loading a model holds the interpreter lock, so the watch alone would be deaf for that long.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _take_stdout() -> int:
    """Keep standard output for the report; whatever the library prints goes to the log with its errors."""
    report = os.dup(1)
    os.dup2(2, 1)
    return report


def _watch_parent() -> None:
    """End the process when standard input closes, and keep the log bounded meanwhile."""
    while True:
        readable, _, _ = select.select([0], [], [], _WATCH_SECONDS)
        if readable and not os.read(0, 4096):
            os._exit(0)
        log = os.fstat(2)
        # The log is open for appending, so after the cut writing goes on at its start.
        if stat.S_ISREG(log.st_mode) and log.st_size > LOG_BYTES:
            os.ftruncate(2, 0)


def _serve(arguments: argparse.Namespace, key: str) -> tuple[object, int]:
    """Load the model and serve it; returns when the first request would be answered."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = arguments.model
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], arguments.port, [key]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = arguments.threads
    params.n_parallel = arguments.parallel
    # Not shared between answers: two that fill a shared context together both fail in the middle.
    params.kv_unified, params.n_ctx = False, arguments.ctx * arguments.parallel
    params.cache_ram_mib = _PROMPT_CACHE_MIB
    params.use_jinja = True  # the model's own chat template, from its file
    params.ui = params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False
    params.offline, params.verbosity = True, _WARNINGS
    # Tried on SmolLM2-135M: without the penalty it repeated itself to the token limit at 0.2 and 0.8 alike.
    # A request's own fields come before these.
    sampling = params.sampling
    sampling.temp, sampling.min_p, sampling.penalty_repeat, sampling.penalty_last_n = 0.5, 0.1, 1.1, 256
    server = xllamacpp.Server(params)
    port = urlsplit(str(server.listening_address)).port
    assert port is not None, "the server listens on an address without a port"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/health")
    if (status := connection.getresponse().status) != http.HTTPStatus.OK:
        raise SystemExit(f"the server came up unhealthy: {status}")
    connection.close()
    return server, port


if __name__ == "__main__":
    main()
