import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { toasts } from "@/ui/toasts";
import { startChat } from "./api";

/** Starts a chat with a profile and opens it. */
export function useStartChat(profileId: string) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => startChat(profileId),
    onSuccess: (chat) => {
      void queries.invalidateQueries({ queryKey: ["chats"] });
      return navigate({ to: "/chats/$chatId", params: { chatId: chat.id } });
    },
    onError: (error) => toasts.show(error.message, { tone: "bad" }),
  });
}
