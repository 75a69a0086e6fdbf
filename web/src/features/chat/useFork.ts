import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/client";
import { toasts } from "@/ui/toasts";
import { forkBranch, forkChat } from "./changes";
import { useOpenChat } from "./context";
import { tellError } from "./session";

/** The two ways to let the tale go otherwise after a message; each leads to what it made. */
export function useFork(message: Message) {
  const { t } = useTranslation("chat");
  const { at } = useOpenChat();
  const navigate = useNavigate();
  const go = async (chatId: string, branch: string | null, words: string) => {
    await navigate({ to: "/chats/$chatId", params: { chatId }, search: branch === null ? {} : { branch } });
    toasts.show(words);
  };
  const toBranch = async () => go(at.chatId, await forkBranch(at, message), t("branch.made"));
  const toChat = async () => go(await forkChat(at, message), null, t("fork.made"));
  return {
    toBranch: () => void toBranch().catch(tellError),
    toChat: () => void toChat().catch(tellError),
  };
}
