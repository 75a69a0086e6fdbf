import { ActionIcon } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Chat } from "@/api/client";
import { avatarOf } from "@/api/profiles";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import { toasts } from "@/ui/toasts";
import { type Activity, isUnread, useActivity } from "./activity";
import { deleteChat, restoreChat } from "./api";
import classes from "./ChatList.module.css";

export function ChatList({ chats }: { readonly chats: readonly Chat[] }) {
  const activity = useActivity();
  return (
    <ul className={classes.list}>
      {chats.map((chat) => (
        <ChatRow key={chat.id} chat={chat} activity={activity} />
      ))}
    </ul>
  );
}

function ChatRow({ chat, activity }: { readonly chat: Chat; readonly activity: Activity }) {
  const { t, i18n } = useTranslation("chat");
  const remove = useDeleteChat(chat);
  const title = chat.title || t("untitled");
  const live = activity.live.has(chat.id);
  const unread = !live && isUnread(activity, chat.id, chat.lastMessageAt);
  const time = chat.lastMessageAt ?? chat.createdAt;
  return (
    <li className={classes.row}>
      <Link to="/chats/$chatId" params={{ chatId: chat.id }} className={classes.link}>
        <Avatar
          name={title}
          src={chat.entityProfileId === null ? null : avatarOf(chat.entityProfileId, "thumb")}
          size={44}
        />
        <span className={classes.text}>
          <strong>{title}</strong>
          <span>{chat.lastMessagePreview ?? ""}</span>
        </span>
        <span className={classes.when}>
          <time dateTime={time}>{formatTime(time, i18n.language)}</time>
          {(live || unread) && (
            <i className={classes.mark} data-live={live || undefined}>
              <span className="unseen">{live ? t("writing") : t("unread")}</span>
            </i>
          )}
        </span>
      </Link>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t("delete", { title })}
        onClick={() => void remove()}
      >
        <Icon name="trash" size={18} />
      </ActionIcon>
    </li>
  );
}

function useDeleteChat(chat: Chat) {
  const { t } = useTranslation("chat");
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["chats"] });
  const fail = (error: Error) => void toasts.show(error.message, { tone: "bad" });
  const undo = () => void restoreChat(chat.id).then(refresh).catch(fail);
  return async () => {
    try {
      await deleteChat(chat.id);
    } catch (error) {
      fail(error as Error);
      return;
    }
    toasts.show(t("deleted"), { action: { label: t("common.undo", { ns: "app" }), run: undo } });
    await refresh();
  };
}

/** The hour for today, else the day, with the year when it is another one. */
export function formatTime(iso: string, language: string, now = new Date()): string {
  const then = new Date(iso);
  if (then.toDateString() === now.toDateString()) {
    return then.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
  }
  const year = then.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return then.toLocaleDateString(language, { day: "numeric", month: "short", year });
}
