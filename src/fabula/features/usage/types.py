"""What is counted."""

from enum import StrEnum


class Meter(StrEnum):
    LLM_TOKENS = "llm_tokens"
    CONVERSATIONS_STARTED = "conversations_started"
    MESSAGES_PROCESSED = "messages_processed"
    WEBHOOK_EVENTS = "webhook_events"
    INTEGRATION_CALLS = "integration_calls"
