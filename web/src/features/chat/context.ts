import { createContext, use } from "react";
import type { Message } from "@/api/client";
import type { BranchRef } from "./begun";

/** Who speaks in this chat. */
export interface Speaker {
  readonly name: string;
  readonly avatar: string | null;
}

/** What lies over the chat: nothing, its settings, the map of its branches, or more of one message. */
export type Aside =
  | { readonly kind: "settings" }
  | { readonly kind: "map" }
  | { readonly kind: "why"; readonly message: Message }
  | { readonly kind: "variants"; readonly message: Message };

export interface OpenChat {
  readonly at: BranchRef;
  readonly speaker: Speaker;
  readonly open: (aside: Aside) => void;
}

export const ChatContext = createContext<OpenChat | null>(null);

export function useOpenChat(): OpenChat {
  const chat = use(ChatContext);
  if (chat === null) throw new Error("useOpenChat is for what is shown inside an open chat");
  return chat;
}
