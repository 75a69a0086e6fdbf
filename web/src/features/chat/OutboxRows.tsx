import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Markdown } from "@/markdown/Markdown";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import type { Speaker } from "./ChatPage";
import { rewriteDraft } from "./draft";
import classes from "./Message.module.css";
import { FailureNote } from "./MessageFailure";
import { Writing } from "./MessageRow";
import type { OutMessage } from "./outbox";
import { turns, useLiveTurn, useOutbox } from "./session";

interface Props {
  readonly chatId: string;
  readonly speaker: Speaker;
}

/** What was written here and is not acknowledged yet, and the answer that is about to begin. */
export function OutboxRows({ chatId, speaker }: Props) {
  const outbox = useOutbox(chatId);
  const reply = useLiveTurn(`reply:${chatId}`);
  return (
    <>
      {outbox.map((message) => (
        <OutboxRow key={message.id} chatId={chatId} speaker={speaker} message={message} />
      ))}
      {reply !== undefined && <AwaitedRow speaker={speaker} turnKey={`reply:${chatId}`} />}
    </>
  );
}

function OutboxRow({ chatId, speaker, message }: Props & { readonly message: OutMessage }) {
  const { t } = useTranslation("chat");
  const { id, text, failure } = message;
  const takeBack = () => {
    turns.outbox.remove(chatId, id);
    rewriteDraft(chatId, text);
  };
  return (
    <>
      <li className={classes.row} data-row={id} data-role="user" data-pending={failure === null || undefined}>
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
                onClick={() => void turns.send(chatId, text, id)}
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
      {failure === null && <AwaitedRow speaker={speaker} turnKey={id} />}
    </>
  );
}

function AwaitedRow({ speaker, turnKey }: { readonly speaker: Speaker; readonly turnKey: string }) {
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
