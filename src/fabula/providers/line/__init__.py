"""An HTTP/1.1 client that does one thing: it sends a request to a model's server and reads the answer as it comes.

It stands on asyncio's transports, on llhttp for the protocol and on happy eyeballs for the way there. A general client
costs a delta several times what its own bytes cost (decision record 0007).
"""

from fabula.providers.line.address import Address, BadHeader, NoAddress, parse_address
from fabula.providers.line.connection import Cut, LineError, NotHttp
from fabula.providers.line.line import Line, SlowConnect
from fabula.providers.line.response import BadCoding, Response

__all__ = [
    "Address",
    "BadCoding",
    "BadHeader",
    "Cut",
    "Line",
    "LineError",
    "NoAddress",
    "NotHttp",
    "Response",
    "SlowConnect",
    "parse_address",
]
