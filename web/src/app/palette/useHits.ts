import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { http, take } from "@/api/client";
import type { components } from "@/api/schema";
import type { Command } from "../commands";

type Hit = Omit<components["schemas"]["SearchHitOut"], "ranges">;

const TYPING_MS = 200;
const SHORTEST = 2;
const MOST = 12;

/** Messages, chats and characters with the words of `query`, as commands that go there. */
export function useHits(query: string): readonly (Command & { readonly note: string })[] {
  const { t } = useTranslation();
  const { navigate } = useRouter();
  const [words] = useDebouncedValue(query.trim(), TYPING_MS);
  const { data = [] } = useQuery({
    queryKey: ["search", words],
    queryFn: async () =>
      (await take(http.GET("/v1/search", { params: { query: { q: words, limit: MOST } } }))).items,
    enabled: words.length >= SHORTEST,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 0,
  });
  if (query.trim().length < SHORTEST) return [];
  return data.map((hit) => ({
    id: `hit.${hit.type}.${hit.id}`,
    title: hit.excerpt,
    note: t(`hit.${hit.type as "message" | "chat" | "profile"}`),
    run: () => void go(hit),
  }));

  function go(hit: Hit): Promise<void> {
    if (hit.type === "profile")
      return navigate({ to: "/characters/$profileId", params: { profileId: hit.id } });
    return navigate({
      to: "/chats/$chatId",
      params: { chatId: hit.chatId ?? hit.id },
      search: {
        ...(hit.branchId !== null && { branch: hit.branchId }),
        ...(hit.messageId !== null && { message: hit.messageId }),
      },
    });
  }
}
