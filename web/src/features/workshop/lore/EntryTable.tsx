import { Button, Switch, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { LoreEntry } from "@/api/client";
import { Icon } from "@/ui/Icon";
import { Failed, Loading } from "@/ui/States";
import { toasts } from "@/ui/toasts";
import classes from "../Workshop.module.css";
import { changeEntry, createEntry, entriesQuery } from "./api";
import { EntryForm } from "./EntryForm";

// More would make the page slow; the filter reaches the others.
const MOST_SHOWN = 200;

/** The entries of a book, each unfolding into its form. */
export function EntryTable({ bookId }: { readonly bookId: string }) {
  const { t } = useTranslation("workshop");
  const queries = useQueryClient();
  const list = useQuery(entriesQuery(bookId));
  const [filter, setFilter] = useState("");
  const [open, setOpen] = useState<string | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: ["workshop", "lorebooks"] });
  const fail = (error: unknown) => void toasts.show(String(error), { tone: "bad" });
  const add = async () => {
    const made = await createEntry(bookId, { keys: [], content: "", comment: t("lore.entry.new") });
    await refresh();
    setOpen(made.id);
  };
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  const found = list.data.filter((entry) => matches(entry, filter));
  return (
    <div className={classes.fields}>
      <div className={classes.row}>
        <TextInput
          type="search"
          className={classes.grow ?? ""}
          aria-label={t("lore.filter")}
          placeholder={t("lore.filter")}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => void add().catch(fail)}>
          {t("lore.entry.add")}
        </Button>
      </div>
      {found.length === 0 && <p className={classes.none}>{t("lore.none")}</p>}
      <ul className={classes.entries}>
        {found.slice(0, MOST_SHOWN).map((entry) => (
          <li key={entry.id} data-off={!entry.enabled || undefined}>
            <EntryHead
              bookId={bookId}
              entry={entry}
              open={open === entry.id}
              onToggle={() => setOpen(open === entry.id ? null : entry.id)}
              onChanged={refresh}
            />
            {open === entry.id && <EntryForm bookId={bookId} entry={entry} onChanged={refresh} />}
          </li>
        ))}
      </ul>
      {found.length > MOST_SHOWN && (
        <p className={classes.none}>{t("lore.more", { count: found.length - MOST_SHOWN })}</p>
      )}
    </div>
  );
}

interface HeadProps {
  readonly bookId: string;
  readonly entry: LoreEntry;
  readonly open: boolean;
  readonly onToggle: () => void;
  readonly onChanged: () => Promise<void>;
}

function EntryHead({ bookId, entry, open, onToggle, onChanged }: HeadProps) {
  const { t } = useTranslation("workshop");
  const name = nameEntry(entry) || t("lore.entry.nameless");
  const enable = (enabled: boolean) =>
    changeEntry(bookId, entry.id, { enabled }).then(onChanged, (error: unknown) =>
      toasts.show(String(error), { tone: "bad" }),
    );
  return (
    <div className={classes.row}>
      <Switch
        aria-label={t("lore.entry.enable", { name })}
        checked={entry.enabled}
        onChange={(event) => void enable(event.currentTarget.checked)}
      />
      <button type="button" className={classes.unfold} aria-expanded={open} onClick={onToggle}>
        <b>{name}</b>
        <span>{entry.constant ? t("lore.constant") : entry.keys.join(", ")}</span>
      </button>
    </div>
  );
}

function nameEntry(entry: LoreEntry): string {
  return entry.comment || entry.name || entry.keys.slice(0, 3).join(", ");
}

function matches(entry: LoreEntry, filter: string): boolean {
  const wanted = filter.trim().toLocaleLowerCase();
  const text = [nameEntry(entry), ...entry.keys, entry.content].join("\n").toLocaleLowerCase();
  return wanted === "" || text.includes(wanted);
}
