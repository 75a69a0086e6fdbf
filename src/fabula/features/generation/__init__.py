"""The turn: from a user's message to the settled answer, live, resumable, explained."""

from fabula.features.generation.turn.begin import begin_reply
from fabula.features.generation.turn.turns import Turns, start_tale

__all__ = ["Turns", "begin_reply", "start_tale"]
