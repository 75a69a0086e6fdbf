import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { chatsFoundQuery, chatTitleQuery } from "./api";
import classes from "./Runs.module.css";

const TYPING_MS = 200;

interface Props {
  readonly value: string | undefined;
  readonly onChange: (chatId: string | undefined) => void;
}

/** One chat of however many, found by the words of its title; none means all of them. */
export function ChatPicker({ value, onChange }: Props) {
  const { t } = useTranslation("runs");
  const [typed, setTyped] = useState("");
  const chosen = useQuery({ ...chatTitleQuery(value ?? ""), enabled: value !== undefined });
  const title = chosen.data?.title || value;
  // What stands in the field once a chat is chosen is its title, not words to find.
  const [words] = useDebouncedValue(typed === title ? "" : typed.trim(), TYPING_MS);
  const { data: found = [] } = useQuery(chatsFoundQuery(words));
  const others = found.filter(({ id }) => id !== value);
  return (
    <Select
      className={classes.picker ?? ""}
      aria-label={t("chat")}
      placeholder={t("chat.all")}
      nothingFoundMessage={t("chat.none")}
      searchable
      // The server has filtered already, by its own rules of words.
      filter={({ options }) => options}
      data={[
        ...(value === undefined
          ? []
          : [
              { value: "", label: t("chat.all") },
              { value, label: title ?? value },
            ]),
        ...others.map((chat) => ({ value: chat.id, label: chat.title || t("chat.untitled") })),
      ]}
      value={value ?? null}
      onSearchChange={setTyped}
      onChange={(id) => onChange(id || undefined)}
    />
  );
}
