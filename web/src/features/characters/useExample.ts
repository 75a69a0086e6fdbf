import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { toasts } from "@/ui/toasts";
import { importCards, startChat } from "./api";

/** Brings in the example character and opens a chat with her. She comes with the page, not from the network. */
export function useExample() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async () => {
      const { default: card } = await import("../../../../examples/maren.json?raw");
      const [item] = await importCards([new File([card], "maren.json", { type: "application/json" })]);
      if (item?.entityProfileId == null) throw new Error(item?.error?.message ?? "no report came back");
      return startChat(item.entityProfileId);
    },
    onSuccess: (chat) => navigate({ to: "/chats/$chatId", params: { chatId: chat.id } }),
    onError: (error) => toasts.show(error.message, { tone: "bad" }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["profiles"] });
      void queries.invalidateQueries({ queryKey: ["chats"] });
    },
  });
}
