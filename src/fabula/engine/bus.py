"""In-process fan-out of workspace events, with a short memory for those who reconnect."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from fabula.core.ids import WorkspaceId
from fabula.db import Event

MEMORY = 1_000
QUEUE_LIMIT = 1_000
_DIGITS = 18  # of a number that may be one of ours


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event with its place in the workspace's sequence. The epoch tells processes apart."""

    id: str
    event: Event


@dataclass(slots=True, eq=False)
class Subscription:
    """A bounded queue. When its reader falls `QUEUE_LIMIT` behind, the queue is emptied and `lost` is set.

    The reader then tells its client to fetch everything again: up to `lost`, the id of the last that cannot be told.
    """

    waiting: deque[Numbered] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    lost: str | None = None
    closed: bool = False

    def put(self, item: Numbered) -> None:
        if len(self.waiting) >= QUEUE_LIMIT:
            self.lost = self.waiting[-1].id
            self.waiting.clear()
        self.waiting.append(item)
        self.wake.set()

    async def take(self) -> list[Numbered] | None:
        """All that is new, waiting until there is some; empty after a nudge, None once the bus has closed."""
        if not self.waiting and not self.closed:
            await self.wake.wait()
        if self.closed:
            return None
        self.wake.clear()
        taken = list(self.waiting)
        self.waiting.clear()
        return taken

    def nudge(self) -> None:
        self.wake.set()


@dataclass(slots=True)
class _Channel:
    last: int = 0
    memory: deque[Numbered] = field(default_factory=lambda: deque(maxlen=MEMORY))
    subscriptions: set[Subscription] = field(default_factory=set)


class Bus:
    """Publishes on the event loop; `epoch` is unique per start, so ids of an earlier process are unknown here."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._channels: dict[WorkspaceId, _Channel] = {}

    def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            channel = self._channels.setdefault(event.workspace, _Channel())
            channel.last += 1
            item = Numbered(f"{self._epoch}.{channel.last}", event)
            channel.memory.append(item)
            for subscription in channel.subscriptions:
                subscription.put(item)

    def subscribe(self, workspace: WorkspaceId, after: str | None) -> Subscription:
        """Subscribe from the event after id `after`; `lost` is set when that id is no longer known."""
        channel = self._channels.setdefault(workspace, _Channel())
        subscription = Subscription()
        if not self._replay(channel, subscription, after):
            subscription.lost = f"{self._epoch}.{channel.last}"
        channel.subscriptions.add(subscription)
        return subscription

    def close(self) -> None:
        """End every subscription: the server stops."""
        for channel in self._channels.values():
            for subscription in channel.subscriptions:
                subscription.closed = True
                subscription.nudge()

    def unsubscribe(self, workspace: WorkspaceId, subscription: Subscription) -> None:
        self._channels[workspace].subscriptions.discard(subscription)

    def _replay(self, channel: _Channel, subscription: Subscription, after: str | None) -> bool:
        if after is None:
            return True
        epoch, _, number = after.partition(".")
        if epoch != self._epoch or not number.isdecimal() or len(number) > _DIGITS:
            return False
        first = channel.memory[0].id if channel.memory else None
        oldest = int(first.partition(".")[2]) if first else channel.last + 1
        seen = int(number)
        if seen > channel.last or seen < oldest - 1:
            return False
        for item in list(channel.memory)[seen - oldest + 1 :]:
            subscription.put(item)
        return True
