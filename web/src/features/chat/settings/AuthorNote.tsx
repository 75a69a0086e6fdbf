import { NativeSelect, NumberInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatSettings } from "@/api/client";
import classes from "./ChatSettings.module.css";

type Note = NonNullable<ChatSettings["authorNote"]>;
type Role = NonNullable<Note["role"]>;

interface Props {
  readonly note: Note | null;
  readonly onSave: (note: Note | null) => void;
}

const USUAL = { text: "", depth: 4, role: "system" } as const satisfies Note;

/** Words that stay near the end of every prompt of this chat. */
export function AuthorNote({ note, onSave }: Props) {
  const { t } = useTranslation("chat");
  const [text, setText] = useState(note?.text ?? "");
  const kept: Note = note ?? USUAL;
  const save = (change: Partial<Note>) => onSave(text.trim() === "" ? null : { ...kept, text, ...change });
  return (
    <fieldset className={classes.group}>
      <Textarea
        label={t("settings.note")}
        description={t("settings.note.about")}
        autosize
        minRows={3}
        maxRows={10}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={() => text !== (note?.text ?? "") && save({})}
      />
      {note !== null && (
        <div className={classes.pair}>
          <NumberInput
            label={t("settings.note.depth")}
            min={0}
            max={10_000}
            value={kept.depth ?? USUAL.depth}
            onChange={(depth) => typeof depth === "number" && save({ depth })}
          />
          <NativeSelect
            label={t("settings.note.role")}
            value={kept.role ?? USUAL.role}
            data={[
              { value: "system", label: t("role.system") },
              { value: "user", label: t("role.user") },
              { value: "assistant", label: t("role.assistant") },
            ]}
            onChange={(event) => save({ role: event.currentTarget.value as Role })}
          />
        </div>
      )}
    </fieldset>
  );
}
