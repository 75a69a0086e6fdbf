import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Markdown } from "@/markdown/Markdown";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import { useOpenChat } from "./context";
import { rewriteDraft } from "./draft";
import classes from "./Message.module.css";
import { FailureNote } from "./MessageFailure";
import { Writing } from "./MessageRow";
import type { OutMessage } from "./outbox";
import { turns, useLiveTurn, useOutbox } from "./session";
import { replyKey } from "./turns";

/** What was written here and is not acknowledged yet, and the answer that is about to begin. */
export function OutboxRows() {
  const { at } = useOpenChat();
  const outbox = useOutbox(at.branchId);
  const reply = useLiveTurn(replyKey(at));
  return (
    <>
      {outbox.map((message) => (
        <OutboxRow key={message.id} message={message} />
      ))}
      {reply !== undefined && <AwaitedRow turnKey={replyKey(at)} />}
    </>
  );
}

function OutboxRow({ message }: { readonly message: OutMessage }) {
  const { t } = useTranslation("chat");
  const { at } = useOpenChat();
  const { id, text, failure } = message;
  const takeBack = () => {
    turns.outbox.remove(at.branchId, id);
    rewriteDraft(at.chatId, text);
  };
  return (
    <>
      <li className={classes.row} data-row={id} data-role="user">
        <div className={classes.main}>
          <span className="unseen">{t("you")}</span>
          <div className={classes.body}>
            <Markdown text={text} />
          </div>
          {failure === null ? (
            <div className={classes.actions} />
          ) : (
            <FailureNote
              failure={failure.code === "web.unreachable" ? { ...failure, message: t("unsent") } : failure}
            >
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<Icon name="retry" size={16} />}
                onClick={() => void turns.send(at, text, id)}
              >
                {t("again")}
              </Button>
              <Button size="compact-sm" variant="subtle" onClick={takeBack}>
                {t("takeBack")}
              </Button>
            </FailureNote>
          )}
        </div>
      </li>
      {failure === null && <AwaitedRow turnKey={id} />}
    </>
  );
}

function AwaitedRow({ turnKey }: { readonly turnKey: string }) {
  const { speaker } = useOpenChat();
  return (
    <li className={classes.row} data-role="assistant">
      <Avatar name={speaker.name} src={speaker.avatar} size={36} />
      <div className={classes.main}>
        <span className={classes.name}>{speaker.name}</span>
        <div className={classes.body}>
          <Writing live={useLiveTurn(turnKey)} hasText={false} />
        </div>
        <div className={classes.actions} />
      </div>
    </li>
  );
}
