import { useEffect, useState } from "react";
import { readStored, store } from "@/app/storage";

const keyOf = (chatId: string) => `fabula.draft.${chatId}`;
const REWRITTEN = "fabula:draft";

/** What is being written in a chat, kept over reloads. */
export function useDraft(chatId: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => readStored(keyOf(chatId)) ?? "");
  useEffect(() => {
    const reread = () => setText(readStored(keyOf(chatId)) ?? "");
    addEventListener(REWRITTEN, reread);
    return () => removeEventListener(REWRITTEN, reread);
  }, [chatId]);
  return [
    text,
    (next) => {
      setText(next);
      store(keyOf(chatId), next);
    },
  ];
}

/** Puts a text that was not sent back before the writer, ahead of what was written since. */
export function rewriteDraft(chatId: string, text: string): void {
  const since = readStored(keyOf(chatId)) ?? "";
  store(keyOf(chatId), since === "" ? text : `${text}\n\n${since}`);
  dispatchEvent(new Event(REWRITTEN));
}
