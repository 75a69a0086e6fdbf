import type { Message } from "@/api/client";

/** What people see of a message: its visible text blocks, or the prompt text when it has none. */
export function readParts(message: Message): { text: string; reasoning: string } {
  const shown = message.blocks.filter((block) => block.visibility !== "prompt_only");
  const join = (type: string) =>
    shown
      .filter((block) => block.type === type)
      .map((block) => block.text ?? "")
      .join("\n\n");
  return { text: join("text") || message.promptText, reasoning: join("reasoning") };
}
