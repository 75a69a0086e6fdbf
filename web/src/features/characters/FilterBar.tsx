import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "@/app/commands";
import { Icon } from "@/ui/Icon";
import { type Filter, SORTS, tagsQuery } from "./api";
import classes from "./Gallery.module.css";

const TYPING_MS = 250;

/** Search, favourites, order and tag: all of it in the address. */
export function FilterBar({ filter }: { readonly filter: Filter }) {
  const { t } = useTranslation("characters");
  const navigate = useNavigate({ from: "/characters" });
  const field = useRef<HTMLInputElement>(null);
  const go = (change: (now: Filter) => Filter) => void navigate({ search: change, replace: true });
  const search = useDebouncedCallback(
    (q: string) => go((now) => (q === "" ? without(now, "q") : { ...now, q })),
    TYPING_MS,
  );
  const tags = useTags(filter.tag);
  useCommands([{ id: "search", title: t("search"), keys: "/", run: () => field.current?.focus() }]);
  return (
    <div className={classes.filters}>
      <TextInput
        ref={field}
        type="search"
        className={classes.search ?? ""}
        defaultValue={filter.q ?? ""}
        placeholder={t("search")}
        aria-label={t("search")}
        leftSection={<Icon name="search" size={16} />}
        onChange={(event) => search(event.currentTarget.value)}
      />
      <Button
        variant={filter.favourite === true ? "light" : "default"}
        aria-pressed={filter.favourite === true}
        leftSection={<Icon name="star" size={16} />}
        onClick={() =>
          go((now) => (now.favourite === true ? without(now, "favourite") : { ...now, favourite: true }))
        }
      >
        {t("favourites")}
      </Button>
      <NativeSelect
        aria-label={t("sort")}
        value={filter.sort ?? "created"}
        data={SORTS.map((sort) => ({ value: sort, label: t(`sort.${sort}`) }))}
        onChange={(event) => {
          const sort = event.currentTarget.value as (typeof SORTS)[number];
          go((now) => (sort === "created" ? without(now, "sort") : { ...now, sort }));
        }}
      />
      {tags.length > 0 && (
        <NativeSelect
          className={classes.tag ?? ""}
          aria-label={t("tag")}
          value={filter.tag ?? ""}
          data={[{ value: "", label: t("tag.all") }, ...tags]}
          onChange={(event) => {
            const tag = event.currentTarget.value;
            go((now) => (tag === "" ? without(now, "tag") : { ...now, tag }));
          }}
        />
      )}
    </div>
  );
}

/** What there is to choose from, and what was clicked, which a card may spell in a way of its own. */
function useTags(chosen: string | undefined): readonly { value: string; label: string }[] {
  const { data } = useQuery(tagsQuery);
  const found = data?.items.map(({ tag, count }) => ({ value: tag, label: `${tag} (${count})` })) ?? [];
  if (chosen === undefined || found.some(({ value }) => value === chosen)) return found;
  return [{ value: chosen, label: chosen }, ...found];
}

function without(filter: Filter, key: keyof Filter): Filter {
  return Object.fromEntries(Object.entries(filter).filter(([name]) => name !== key));
}
