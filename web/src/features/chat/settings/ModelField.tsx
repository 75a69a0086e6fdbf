import { Autocomplete } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modelsQuery } from "./api";

interface Props {
  readonly connectionId: string | null;
  readonly value: string;
  readonly onSave: (model: string) => void;
}

/** A model's name; the connection is asked which it has once the field is entered. */
export function ModelField({ connectionId, value, onSave }: Props) {
  const { t } = useTranslation("chat");
  const [text, setText] = useState(value);
  const [asked, setAsked] = useState(false);
  const models = useQuery({ ...modelsQuery(connectionId ?? ""), enabled: asked && connectionId !== null });
  const known = [...new Set(models.data?.map((model) => model.id) ?? [])];
  return (
    <Autocomplete
      label={t("settings.model")}
      placeholder={t("settings.model.usual")}
      description={models.isError ? models.error.message : undefined}
      data={known}
      value={text}
      onFocus={() => setAsked(true)}
      onChange={setText}
      onBlur={() => text.trim() !== value && onSave(text.trim())}
    />
  );
}
