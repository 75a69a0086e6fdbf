import { ActionIcon, Textarea } from "@mantine/core";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import classes from "./Composer.module.css";
import { useDraft } from "./draft";
import { tellError, turns } from "./session";

interface Props {
  readonly chatId: string;
  readonly name: string;
  readonly busy: boolean;
}

/** Enter sends, Shift+Enter begins a new line. While an answer is written the button stops it. */
export function Composer({ chatId, name, busy }: Props) {
  const { t } = useTranslation("chat");
  const [text, setText] = useDraft(chatId);
  const field = useRef<HTMLTextAreaElement>(null);
  const empty = text.trim() === "";

  useEffect(() => {
    // On a phone this would raise the keyboard over the story.
    if (matchMedia("(hover: hover)").matches) field.current?.focus();
  }, []);

  const send = () => {
    if (busy || empty) return;
    setText("");
    void turns.send(chatId, text.trim());
    field.current?.focus();
  };
  const press = (event: KeyboardEvent) => {
    // While a word is being composed, Enter belongs to the input method.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className={classes.bar}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className={classes.box}>
        <Textarea
          ref={field}
          variant="unstyled"
          className={classes.field ?? ""}
          autosize
          minRows={1}
          maxRows={9}
          enterKeyHint="send"
          aria-label={t("write", { name })}
          placeholder={t("write", { name })}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={press}
        />
        {busy ? (
          <ActionIcon
            size={40}
            radius="xl"
            variant="light"
            aria-label={t("stop")}
            onClick={() => void turns.stop(chatId).catch(tellError)}
          >
            <Icon name="stop" />
          </ActionIcon>
        ) : (
          <ActionIcon type="submit" size={40} radius="xl" disabled={empty} aria-label={t("send")}>
            <Icon name="send" />
          </ActionIcon>
        )}
      </div>
    </form>
  );
}
