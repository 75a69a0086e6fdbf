import { ActionIcon, Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import classes from "./Editor.module.css";
import { type PartProps, readTranslations, setTranslation } from "./spec";
import { TextBox } from "./TextBox";

/** The creator's notes in other languages, each under its code ("de", "pt-BR"). */
export function Translations({ spec, set }: PartProps) {
  const { t, i18n } = useTranslation("characters");
  const [code, setCode] = useState("");
  const notes = readTranslations(spec);
  const name = (language: string) => nameLanguage(language, i18n.language);
  const add = () => {
    set(setTranslation(spec, code.trim(), ""));
    setCode("");
  };
  return (
    <>
      {Object.entries(notes).map(([language, text]) => (
        <div key={language} className={classes.removable}>
          <TextBox
            label={t("notes.in", { language: name(language) })}
            value={text}
            onChange={(value) => set(setTranslation(spec, language, value))}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t("remove", { name: t("notes.in", { language: name(language) }) })}
            onClick={() => set(setTranslation(spec, language, null))}
          >
            <Icon name="trash" size={18} />
          </ActionIcon>
        </div>
      ))}
      <div className={classes.pair}>
        <TextInput
          label={t("notes.language")}
          placeholder="de"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Button
          variant="default"
          leftSection={<Icon name="plus" size={16} />}
          disabled={code.trim() === "" || code.trim() in notes}
          onClick={add}
        >
          {t("notes.add")}
        </Button>
      </div>
    </>
  );
}

/** The name of a language in the reader's; a code that is none stays as it is. */
export function nameLanguage(code: string, reader: string): string {
  try {
    return new Intl.DisplayNames(reader, { type: "language" }).of(code) ?? code;
  } catch {
    return code; // cards hold whatever their makers wrote
  }
}
