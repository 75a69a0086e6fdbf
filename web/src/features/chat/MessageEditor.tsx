import { Button, Textarea } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/client";
import { editMessage } from "./changes";
import { useOpenChat } from "./context";
import classes from "./Message.module.css";
import { tellError } from "./session";

interface Props {
  readonly message: Message;
  readonly onClose: () => void;
}

/** Another version of a message in the user's own words; the old one stays as a variant. */
export default function MessageEditor({ message, onClose }: Props) {
  const { t } = useTranslation("chat");
  const { at } = useOpenChat();
  const [text, setText] = useState(message.promptText);
  const [saving, setSaving] = useState(false);
  const unchanged = text.trim() === "" || text === message.promptText;

  const save = async () => {
    setSaving(true);
    try {
      if (!unchanged) await editMessage(at, message, text);
      onClose();
    } catch (error) {
      tellError(error);
      setSaving(false);
    }
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <form
      className={classes.editor}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Textarea
        autosize
        autoFocus
        minRows={2}
        maxRows={24}
        aria-label={t("edit.text")}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={press}
      />
      <div className={classes.ways}>
        <Button type="submit" size="compact-sm" loading={saving} disabled={unchanged}>
          {t("edit.save")}
        </Button>
        <Button size="compact-sm" variant="subtle" onClick={onClose}>
          {t("edit.cancel")}
        </Button>
      </div>
    </form>
  );
}
