import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./Editor.module.css";
import { type PartProps, readText, TEXTS } from "./spec";
import { TextBox } from "./TextBox";

export function Character({ spec, set }: PartProps) {
  const { t } = useTranslation("characters");
  return (
    <div className={classes.fields}>
      <div className={classes.pair}>
        <TextInput
          required
          label={t("field.name")}
          value={readText(spec, "name")}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <TextInput
          label={t("field.nickname")}
          value={readText(spec, "nickname")}
          onChange={(event) => set({ nickname: event.currentTarget.value })}
        />
      </div>
      {TEXTS.map((field) => (
        <TextBox
          key={field}
          label={t(`field.${field}`)}
          rows={field === "description" ? 8 : 3}
          value={readText(spec, field)}
          onChange={(value) => set({ [field]: value })}
        />
      ))}
    </div>
  );
}
