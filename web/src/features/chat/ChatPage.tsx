import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Chat } from "@/api/client";
import { avatarOf, profileQuery } from "@/api/profiles";
import { useCommands } from "@/app/commands";
import { Failed, Loading } from "@/ui/States";
import { useTitle } from "@/ui/useTitle";
import { activity } from "./activity";
import { chatQuery } from "./api";
import type { BranchRef } from "./begun";
import classes from "./Chat.module.css";
import { ChatHeader } from "./ChatHeader";
import { Composer } from "./Composer";
import { type Aside, ChatContext, type OpenChat, type Speaker } from "./context";
import { MessageList } from "./MessageList";
import { tellError, turns, useChatMessages, useIsBusy } from "./session";
import { useTarget } from "./useTarget";

const Asides = lazy(() => import("./Asides"));

export default function ChatPage() {
  const { chatId } = useParams({ from: "/chats/$chatId" });
  const { branch } = useSearch({ from: "/chats/$chatId" });
  const chat = useQuery(chatQuery(chatId));
  if (chat.isPending) return <Loading />;
  if (chat.isError) return <Failed whole error={chat.error} onRetry={() => void chat.refetch()} />;
  const branchId = branch ?? chat.data.activeBranchId;
  return <OpenBranch key={branchId} chat={chat.data} branchId={branchId} />;
}

function OpenBranch({ chat, branchId }: { readonly chat: Chat; readonly branchId: string }) {
  const { t } = useTranslation("chat");
  const [aside, setAside] = useState<Aside | null>(null);
  const at = useMemo(() => ({ chatId: chat.id, branchId }), [chat.id, branchId]);
  const speaker = useSpeaker(chat);
  const open = useMemo((): OpenChat => ({ at, speaker, open: setAside }), [at, speaker]);
  const navigate = useNavigate();
  const toPaper = () =>
    void navigate({ to: "/chats/$chatId/read", params: { chatId: chat.id }, search: { branch: branchId } });
  useTitle(speaker.name);
  useSeen(chat);
  useCommands([
    { id: "chat.settings", title: t("settings"), keys: "s", run: () => setAside({ kind: "settings" }) },
    { id: "chat.map", title: t("map"), keys: "b", run: () => setAside({ kind: "map" }) },
    // Paper would hold only the messages that are made; the page to read holds all of them.
    { id: "chat.print", title: t("export.read"), keys: "mod+p", whileTyping: true, run: toPaper },
  ]);
  return (
    <ChatContext value={open}>
      <div className={classes.page} data-whole-page>
        <ChatHeader chat={chat} />
        <Conversation at={at} />
      </div>
      <Suspense>
        {aside !== null && <Asides chat={chat} aside={aside} onClose={() => setAside(null)} />}
      </Suspense>
    </ChatContext>
  );
}

function Conversation({ at }: { readonly at: BranchRef }) {
  const { t } = useTranslation("chat");
  const { query, messages } = useChatMessages(at);
  const target = useTarget(at, query.data);
  const busy = useIsBusy(at, messages);
  const stop = { id: "stop", title: t("stop"), keys: "Escape", whileTyping: true };
  useCommands(busy ? [{ ...stop, run: () => void turns.stop(at).catch(tellError) }] : []);
  return (
    <>
      <MessageList
        messages={messages}
        busy={busy}
        target={target}
        hasOlder={query.hasNextPage}
        hasNewer={query.hasPreviousPage}
        onOlder={() => void (query.isFetching || query.fetchNextPage())}
        onNewer={() => void (query.isFetching || query.fetchPreviousPage())}
      >
        {query.isPending && <Loading />}
        {query.isError && <Failed error={query.error} onRetry={() => void query.refetch()} />}
      </MessageList>
      <Composer busy={busy} />
    </>
  );
}

function useSpeaker(chat: Chat): Speaker {
  const { entityProfileId } = chat;
  const profile = useQuery({ ...profileQuery(entityProfileId ?? ""), enabled: entityProfileId !== null });
  const name = profile.data?.name ?? chat.title;
  const avatar = profile.data?.hasAvatar === true ? avatarOf(profile.data.id, "thumb") : null;
  return useMemo(() => ({ name, avatar }), [name, avatar]);
}

/** What stands in an open chat counts as read. */
function useSeen(chat: Chat): void {
  useEffect(() => activity.see(chat.id, chat.lastMessageAt), [chat.id, chat.lastMessageAt]);
}
