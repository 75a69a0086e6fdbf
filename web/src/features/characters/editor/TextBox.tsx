import { Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { estimateTokens } from "./spec";

interface Props {
  readonly label: string;
  readonly about?: string;
  readonly rows?: number;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A long text with about how many tokens it costs. */
export function TextBox({ label, about, rows = 4, value, onChange }: Props) {
  const { t, i18n } = useTranslation("characters");
  const tokens = estimateTokens(value).toLocaleString(i18n.language);
  return (
    <Textarea
      label={`${label} · ${t("tokens", { tokens })}`}
      description={about}
      autosize
      minRows={rows}
      maxRows={24}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
