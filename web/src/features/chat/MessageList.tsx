import { ActionIcon, Button } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/client";
import { useCommands } from "@/app/commands";
import { queryClient } from "@/app/server";
import { Icon } from "@/ui/Icon";
import { messagesKey } from "./api";
import classes from "./Chat.module.css";
import { useOpenChat } from "./context";
import { MessageRow } from "./MessageRow";
import { OutboxRows } from "./OutboxRows";
import { tellFailure, turns, useOutbox } from "./session";
import { useAnchoredScroll } from "./useAnchoredScroll";

interface Props {
  readonly messages: readonly Message[];
  readonly busy: boolean;
  /** The message that the address names, once it is loaded. */
  readonly target: string | null;
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly onOlder: () => void;
  readonly onNewer: () => void;
  /** What stands there before the messages do. */
  readonly children: ReactNode;
}

export function MessageList({ messages, busy, target, children, ...paging }: Props) {
  const { t } = useTranslation("chat");
  const { at, speaker } = useOpenChat();
  const { scroller, content, away, toEnd, toRow } = useAnchoredScroll<HTMLElement, HTMLDivElement>(paging);
  const outbox = useOutbox(at.branchId);
  const last = messages.at(-1);
  const announcement = useAnnouncement(messages, busy);
  useCommands([
    // Out of the text field, so that single letters are commands and the arrows scroll.
    {
      id: "leave",
      title: t("leave"),
      keys: "Escape",
      whileTyping: true,
      run: () => scroller.current?.focus(),
    },
  ]);
  const wantsReply = !busy && !paging.hasNewer && outbox.length === 0 && last?.role === "user";

  const newestSent = outbox.at(-1)?.id;
  useEffect(() => {
    if (newestSent !== undefined) toEnd();
  }, [newestSent, toEnd]);

  useEffect(() => {
    if (target !== null) toRow(target);
  }, [target, toRow]);

  const jump = async () => {
    if (paging.hasNewer) await queryClient.resetQueries({ queryKey: messagesKey(at) });
    toEnd();
  };
  return (
    <div className={classes.stage}>
      <section ref={scroller} className={classes.scroller} tabIndex={0} aria-label={t("messages")}>
        <div ref={content} className={classes.column}>
          {children}
          <ol className={classes.rows} aria-busy={busy}>
            {messages.map((message, index) => (
              <MessageRow
                key={message.id}
                message={message}
                name={message.author.name || speaker.name}
                avatar={speaker.avatar}
                isLast={index === messages.length - 1 && !paging.hasNewer}
                busy={busy}
                isTarget={message.id === target}
              />
            ))}
            {!paging.hasNewer && <OutboxRows />}
          </ol>
          {wantsReply && (
            <Button
              className={classes.reply ?? ""}
              variant="light"
              onClick={() => void tellFailure(turns.reply(at))}
            >
              {t("reply", { name: speaker.name })}
            </Button>
          )}
        </div>
      </section>
      <p className="unseen" aria-live="polite">
        {announcement}
      </p>
      {away && (
        <ActionIcon
          className={classes.jump ?? ""}
          size="lg"
          radius="xl"
          variant="default"
          aria-label={t("jump")}
          onClick={() => void jump()}
        >
          <Icon name="down" />
        </ActionIcon>
      )}
    </div>
  );
}

/** The whole answer once it is there: read out word by word as it grows it would be noise. */
function useAnnouncement(messages: readonly Message[], busy: boolean): string {
  const [heard, setHeard] = useState(false);
  if (busy && !heard) setHeard(true);
  const last = messages.at(-1);
  return heard && !busy && last?.role === "assistant" ? last.promptText : "";
}
