import { Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { parseObject } from "../presets/samplers";
import workshop from "../Workshop.module.css";

interface Props {
  readonly label: string;
  readonly value: unknown;
  readonly error?: string | null;
  readonly onChange: (value: unknown) => void;
}

/** An object as JSON. What is half typed stays in the field and changes nothing. */
export function JsonField({ label, value, error, onChange }: Props) {
  const { t } = useTranslation("workshop");
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  return (
    <Textarea
      label={label}
      classNames={{ input: workshop.code ?? "" }}
      autosize
      minRows={3}
      maxRows={20}
      value={text}
      error={parseObject(text) === null ? t("preset.others.bad") : error}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        const parsed = parseObject(next);
        if (parsed !== null) onChange(next.trim() === "" ? undefined : parsed);
      }}
    />
  );
}
