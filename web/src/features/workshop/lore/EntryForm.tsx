import { Button, NativeSelect, NumberInput, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { LoreEntry } from "@/api/client";
import { toasts } from "@/ui/toasts";
import { DeleteButton } from "../DeleteButton";
import classes from "../Workshop.module.css";
import { changeEntry, deleteEntry, type EntryChange } from "./api";

const LOGICS = ["and_any", "and_all", "not_any", "not_all"] as const;
const POSITIONS = [
  "before_char",
  "after_char",
  "note_top",
  "note_bottom",
  "at_depth",
  "examples_top",
  "examples_bottom",
  "outlet",
] as const;

type Set = (change: EntryChange) => void;
type Draft = Readonly<LoreEntry>;

interface Props {
  readonly bookId: string;
  readonly entry: LoreEntry;
  readonly onChanged: () => Promise<void>;
}

/** One entry. Only what differs from what is stored is sent, so that fields this form has not are left alone. */
export function EntryForm({ bookId, entry, onChanged }: Props) {
  const { t } = useTranslation("workshop");
  const [change, setChange] = useState<EntryChange>({});
  const draft = { ...entry, ...change } as Draft;
  const set: Set = (part) => setChange((now) => ({ ...now, ...part }));
  const fail = (error: Error) => toasts.show(error.message, { tone: "bad" });
  const save = useMutation({
    mutationFn: () => changeEntry(bookId, entry.id, change),
    onSuccess: async () => {
      await onChanged();
      setChange({});
      toasts.show(t("saved"));
    },
    onError: fail,
  });
  const remove = useMutation({
    mutationFn: () => deleteEntry(bookId, entry.id),
    onSuccess: onChanged,
    onError: fail,
  });
  return (
    <div className={classes.fields}>
      <TextInput
        label={t("lore.entry.comment")}
        value={draft.comment}
        onChange={(event) => set({ comment: event.currentTarget.value })}
      />
      <TagsInput
        label={t("lore.entry.keys")}
        description={t("lore.entry.keys.about")}
        splitChars={[]}
        value={draft.keys}
        onChange={(keys) => set({ keys })}
      />
      <Textarea
        label={t("lore.entry.content")}
        autosize
        minRows={4}
        maxRows={20}
        value={draft.content}
        onChange={(event) => set({ content: event.currentTarget.value })}
      />
      <Place draft={draft} set={set} />
      <More draft={draft} set={set} />
      <div className={classes.row}>
        <Button
          loading={save.isPending}
          disabled={Object.keys(change).length === 0}
          onClick={() => save.mutate()}
        >
          {t("save")}
        </Button>
        <DeleteButton pending={remove.isPending} onDelete={() => remove.mutate()} />
      </div>
    </div>
  );
}

function Place({ draft, set }: { readonly draft: Draft; readonly set: Set }) {
  const { t } = useTranslation("workshop");
  return (
    <div className={classes.grid}>
      <NativeSelect
        label={t("lore.position")}
        value={draft.position}
        data={POSITIONS.map((value) => ({ value, label: t(`position.${value}`) }))}
        onChange={(event) => set({ position: event.currentTarget.value as (typeof POSITIONS)[number] })}
      />
      {draft.position === "at_depth" && (
        <NumberInput
          label={t("lore.depth")}
          min={0}
          value={draft.depth}
          onChange={(depth) => typeof depth === "number" && set({ depth })}
        />
      )}
      <NumberInput
        label={t("lore.order")}
        value={draft.insertionOrder}
        onChange={(order) => typeof order === "number" && set({ insertionOrder: order })}
      />
      <NumberInput
        label={t("lore.probability")}
        min={0}
        max={100}
        suffix=" %"
        value={draft.probability}
        onChange={(value) => typeof value === "number" && set({ probability: value, useProbability: true })}
      />
    </div>
  );
}

function More({ draft, set }: { readonly draft: Draft; readonly set: Set }) {
  const { t } = useTranslation("workshop");
  const flags = ["constant", "caseSensitive", "matchWholeWords", "useRegex"] as const;
  const counts = ["sticky", "cooldown", "delay"] as const;
  return (
    <details className={classes.more}>
      <summary>{t("lore.more.fields")}</summary>
      <div className={classes.fields}>
        <div className={classes.grid}>
          <NativeSelect
            label={t("lore.logic")}
            value={draft.logic}
            data={LOGICS.map((value) => ({ value, label: t(`logic.${value}`) }))}
            onChange={(event) => set({ logic: event.currentTarget.value as (typeof LOGICS)[number] })}
          />
          <TagsInput
            label={t("lore.entry.secondary")}
            splitChars={[]}
            value={draft.secondaryKeys}
            onChange={(secondaryKeys) => set({ secondaryKeys, selective: secondaryKeys.length > 0 })}
          />
          <TextInput
            label={t("lore.group")}
            value={draft.group}
            onChange={(event) => set({ group: event.currentTarget.value })}
          />
          {counts.map((name) => (
            <NumberInput
              key={name}
              label={t(`count.${name}`)}
              min={0}
              value={draft[name]}
              onChange={(value) => typeof value === "number" && set({ [name]: value })}
            />
          ))}
        </div>
        {flags.map((name) => (
          <Switch
            key={name}
            label={t(`flag.${name}`)}
            checked={draft[name]}
            onChange={(event) => set({ [name]: event.currentTarget.checked })}
          />
        ))}
      </div>
    </details>
  );
}
