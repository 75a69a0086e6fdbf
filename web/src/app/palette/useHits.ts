import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { readApiError } from "@/api/errors";
import type { Command } from "../commands";

interface Hit {
  readonly type: "message" | "chat" | "profile";
  readonly id: string;
  readonly chatId: string | null;
  readonly branchId: string | null;
  readonly messageId: string | null;
  readonly excerpt: string;
}

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
    queryFn: () => fetchHits(words),
    enabled: words.length >= SHORTEST,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 0,
  });
  if (query.trim().length < SHORTEST) return [];
  return data.map((hit) => ({
    id: `hit.${hit.type}.${hit.id}`,
    title: hit.excerpt,
    note: t(`hit.${hit.type}`),
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

async function fetchHits(words: string): Promise<readonly Hit[]> {
  const response = await fetch(
    `/v1/search?${new URLSearchParams({ q: words, limit: `${MOST}` }).toString()}`,
  );
  // A server built without search has only its commands to offer.
  if (response.status === 404) return [];
  if (!response.ok) throw await readApiError(response);
  return ((await response.json()) as { items: Hit[] }).items;
}
