import { lazy, memo, Suspense, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/client";
import { Markdown } from "@/markdown/Markdown";
import { isSettled, type TurnState } from "@/stream/turn";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import classes from "./Message.module.css";
import { MessageActions } from "./MessageActions";
import { isBroken, MessageFailure } from "./MessageFailure";
import { Notices } from "./Notices";
import { readParts } from "./parts";
import { Reasoning } from "./Reasoning";
import { useLiveTurn } from "./session";
import { useSwipe } from "./useSwipe";

const MessageEditor = lazy(() => import("./MessageEditor"));

interface Props {
  readonly message: Message;
  readonly name: string;
  readonly avatar: string | null;
  readonly isLast: boolean;
  readonly busy: boolean;
  /** The one that the address names. */
  readonly isTarget: boolean;
}

export const MessageRow = memo(function MessageRow(props: Props) {
  const { message, name, avatar, isLast, busy, isTarget } = props;
  const { t } = useTranslation("chat");
  const isAnswer = message.role === "assistant";
  const [editing, setEditing] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  const close = () => {
    flushSync(() => setEditing(false));
    row.current?.querySelector<HTMLElement>("[data-edit]")?.focus();
  };
  const swipe = useSwipe(isAnswer && isLast && !editing);
  return (
    <li
      ref={row}
      className={classes.row}
      data-row={message.id}
      data-role={message.role}
      data-hidden={message.hidden || undefined}
      data-target={isTarget || undefined}
      {...swipe}
    >
      {isAnswer && <Avatar name={name} src={avatar} size={36} />}
      <div className={classes.main}>
        <span className={isAnswer ? classes.name : "unseen"}>{isAnswer ? name : t("you")}</span>
        {message.hidden && (
          <span className={classes.hidden}>
            <Icon name="hide" size={14} /> {t("hidden")}
          </span>
        )}
        {editing ? (
          <Suspense fallback={<MessageBody message={message} />}>
            <MessageEditor message={message} onClose={close} />
          </Suspense>
        ) : (
          <>
            <MessageBody message={message} />
            {isBroken(message) && <MessageFailure message={message} busy={busy} />}
            <MessageActions message={message} isLast={isLast} busy={busy} onEdit={() => setEditing(true)} />
          </>
        )}
      </div>
    </li>
  );
});

function MessageBody({ message }: { readonly message: Message }) {
  const live = useLiveTurn(message.id);
  const streaming = live !== undefined ? !isSettled(live) : message.state === "streaming";
  const parts = live === undefined ? readParts(message) : { text: live.text, reasoning: live.reasoning };
  const { text, reasoning } = live?.phase === "waiting" && live.meta === null ? readParts(message) : parts;
  return (
    <div className={classes.body} aria-busy={streaming}>
      {reasoning !== "" && <Reasoning text={reasoning} open={streaming && text === ""} />}
      {text !== "" && <Markdown text={text} growing={streaming} />}
      {streaming && <Writing live={live} hasText={text !== ""} />}
      {live === undefined && <Notices blocks={message.blocks} />}
    </div>
  );
}

/** Three dots until the first word, then a small mark; and a word when the line is being mended. */
export function Writing({
  live,
  hasText,
}: {
  readonly live: TurnState | undefined;
  readonly hasText: boolean;
}) {
  const { t } = useTranslation("chat");
  const lost = live?.connected === false;
  return (
    <span className={classes.writing} data-quiet={hasText || undefined} role="status">
      <i />
      <i />
      <i />
      <span className={lost ? classes.lost : "unseen"}>{lost ? t("lost") : t("writing")}</span>
    </span>
  );
}
