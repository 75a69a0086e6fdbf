import { useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { queryClient } from "@/app/server";
import { toasts } from "@/ui/toasts";
import { messagesKey } from "./api";
import type { BranchRef } from "./begun";
import { findMessage, type MessagePages } from "./pages";
import { fetchAround } from "./seek";
import { tellError } from "./session";

/** The message that the address names, once it is loaded; one far away is sought and its surroundings shown. */
export function useTarget(at: BranchRef, data: Pick<MessagePages, "pages"> | undefined): string | null {
  const { t } = useTranslation("chat");
  const { message: wanted } = useSearch({ from: "/chats/$chatId" });
  const ready = data !== undefined;
  useEffect(() => {
    if (wanted === undefined || !ready) return;
    const loaded = queryClient.getQueryData<MessagePages>(messagesKey(at));
    if (loaded === undefined || findMessage(loaded, wanted) !== null) return;
    const last = loaded.pages[0]?.items.at(-1)?.seq ?? 0;
    fetchAround(at, wanted, last).then((pages) => {
      if (pages === null) toasts.show(t("message.absent"));
      else queryClient.setQueryData(messagesKey(at), pages);
    }, tellError);
  }, [at, wanted, ready, t]);
  if (wanted === undefined || !ready) return null;
  return findMessage(data, wanted) === null ? null : wanted;
}
