import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Chat } from "@/api/client";
import { avatarOf, profileQuery } from "@/api/profiles";
import { useCommands } from "@/app/commands";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import { Failed, Loading } from "@/ui/States";
import { useTitle } from "@/ui/useTitle";
import { chatQuery } from "./api";
import classes from "./Chat.module.css";
import { Composer } from "./Composer";
import { MessageList } from "./MessageList";
import { tellError, turns, useChatMessages, useLiveTurn, useOutbox } from "./session";

export default function ChatPage() {
  const { chatId } = useParams({ from: "/chats/$chatId" });
  const chat = useQuery(chatQuery(chatId));
  if (chat.isPending) return <Loading />;
  if (chat.isError) return <Failed error={chat.error} onRetry={() => void chat.refetch()} />;
  return <OpenChat key={chatId} chat={chat.data} />;
}

/** Who speaks in this chat. */
export interface Speaker {
  readonly name: string;
  readonly avatar: string | null;
}

function OpenChat({ chat }: { readonly chat: Chat }) {
  const { t } = useTranslation("chat");
  const profile = useQuery({
    ...profileQuery(chat.entityProfileId ?? ""),
    enabled: chat.entityProfileId !== null,
  });
  const { query, messages } = useChatMessages(chat.id);
  const speaker: Speaker = {
    name: profile.data?.name ?? chat.title,
    avatar: chat.entityProfileId === null ? null : avatarOf(chat.entityProfileId, "thumb"),
  };
  const busy = useIsBusy(chat.id, messages);
  useTitle(speaker.name);
  const stop = { id: "stop", title: t("stop"), keys: "Escape", whileTyping: true };
  useCommands(busy ? [{ ...stop, run: () => void turns.stop(chat.id).catch(tellError) }] : []);
  return (
    <div className={classes.page} data-whole-page>
      <ChatHeader chat={chat} speaker={speaker} />
      {query.isPending && <Loading />}
      {query.isError && <Failed error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && (
        <MessageList
          chatId={chat.id}
          speaker={speaker}
          messages={messages}
          busy={busy}
          hasOlder={query.hasNextPage}
          hasNewer={query.hasPreviousPage}
          onOlder={() => void (query.isFetching || query.fetchNextPage())}
          onNewer={() => void (query.isFetching || query.fetchPreviousPage())}
        />
      )}
      <Composer chatId={chat.id} name={speaker.name} busy={busy} />
    </div>
  );
}

function ChatHeader({ chat, speaker }: { readonly chat: Chat; readonly speaker: Speaker }) {
  const { t } = useTranslation("chat");
  const face = (
    <>
      <Avatar name={speaker.name} src={speaker.avatar} size={36} />
      <span className={classes.names}>
        <h1>{speaker.name || t("untitled")}</h1>
        {chat.title !== "" && chat.title !== speaker.name && <small>{chat.title}</small>}
      </span>
    </>
  );
  return (
    <header className={classes.header}>
      <Link to="/chats" className={classes.back} aria-label={t("back")}>
        <Icon name="back" />
      </Link>
      {chat.entityProfileId === null ? (
        <div className={classes.face}>{face}</div>
      ) : (
        <Link
          to="/characters/$profileId"
          params={{ profileId: chat.entityProfileId }}
          className={classes.face}
        >
          {face}
        </Link>
      )}
    </header>
  );
}

/** Something is being written, or on its way to be. */
function useIsBusy(chatId: string, messages: ReturnType<typeof useChatMessages>["messages"]): boolean {
  const sending = useOutbox(chatId).some((message) => message.failure === null);
  const replying = useLiveTurn(`reply:${chatId}`) !== undefined;
  return sending || replying || messages.some((message) => message.state === "streaming");
}
