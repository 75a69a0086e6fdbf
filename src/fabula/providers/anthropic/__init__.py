"""Anthropic's Messages protocol: a second wire format behind the same contract."""

from fabula.providers.anthropic.client import Anthropic

__all__ = ["Anthropic"]
