"""Any server that speaks OpenAI's chat completions: hosted, llama.cpp, vLLM, Ollama, LM Studio, or our own child process."""

from fabula.providers.openai_compatible.capabilities import Capabilities
from fabula.providers.openai_compatible.client import OpenAICompatible
from fabula.providers.openai_compatible.sending import Limits, Timeouts

__all__ = ["Capabilities", "Limits", "OpenAICompatible", "Timeouts"]
