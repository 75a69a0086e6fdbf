import { ActionIcon, Textarea } from "@mantine/core";
import { type KeyboardEvent, memo, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { commands, useCommands } from "@/app/commands";
import { Icon } from "@/ui/Icon";
import classes from "./Composer.module.css";
import { useOpenChat } from "./context";
import { useDraft } from "./draft";
import { tellError, tellFailure, turns, useLiveTurn } from "./session";
import { personaKey } from "./turns";

const ARROWS: ReadonlySet<string> = new Set(["ArrowLeft", "ArrowRight"]);

/** Enter sends, Shift+Enter begins a new line. While an answer is written the button stops it. */
export const Composer = memo(function Composer({ busy }: { readonly busy: boolean }) {
  const { t } = useTranslation("chat");
  const { at, speaker } = useOpenChat();
  const { name } = speaker;
  const [text, setText] = useDraft(at.chatId);
  const ghost = useLiveTurn(personaKey(at)) !== undefined;
  const field = useRef<HTMLTextAreaElement>(null);
  const empty = text.trim() === "";

  useEffect(() => {
    // On a phone this would raise the keyboard over the story.
    if (matchMedia("(hover: hover)").matches) field.current?.focus();
  }, []);

  const send = () => {
    if (busy || empty) return;
    setText("");
    void turns.send(at, text.trim());
    field.current?.focus();
  };
  const impersonate = () => {
    if (!busy) void tellFailure(turns.impersonate(at, setText));
  };
  useCommands([
    { id: "write", title: t("write", { name }), keys: "i", run: () => field.current?.focus() },
    { id: "impersonate", title: t("impersonate"), run: impersonate },
  ]);
  const press = (event: KeyboardEvent) => {
    // In an empty field the arrows turn the variants of the last answer, as they do outside it.
    if (empty && ARROWS.has(event.key)) {
      commands.find(event, false)?.run();
      return;
    }
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
          readOnly={ghost}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={press}
        />
        {empty && !busy && (
          <ActionIcon
            size={40}
            radius="xl"
            variant="subtle"
            color="gray"
            aria-label={t("impersonate")}
            title={t("impersonate")}
            onClick={impersonate}
          >
            <Icon name="pen" />
          </ActionIcon>
        )}
        {busy ? (
          <ActionIcon
            size={40}
            radius="xl"
            variant="light"
            aria-label={t("stop")}
            onClick={() => void turns.stop(at).catch(tellError)}
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
});
