import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "@/app/commands";
import { Icon } from "@/ui/Icon";
import { type Filter, SORTS } from "./api";
import classes from "./Gallery.module.css";

const TYPING_MS = 250;

/** Search, favourites, order, and the tag that was clicked: all of it in the address. */
export function FilterBar({ filter }: { readonly filter: Filter }) {
  const { t } = useTranslation("characters");
  const navigate = useNavigate({ from: "/characters" });
  const field = useRef<HTMLInputElement>(null);
  const go = (change: (now: Filter) => Filter) => void navigate({ search: change, replace: true });
  const search = useDebouncedCallback(
    (q: string) => go((now) => (q === "" ? without(now, "q") : { ...now, q })),
    TYPING_MS,
  );
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
      {filter.tag !== undefined && (
        <Button
          variant="light"
          rightSection={<Icon name="close" size={14} />}
          aria-label={t("untag", { tag: filter.tag })}
          onClick={() => go((now) => without(now, "tag"))}
        >
          {filter.tag}
        </Button>
      )}
    </div>
  );
}

function without(filter: Filter, key: keyof Filter): Filter {
  return Object.fromEntries(Object.entries(filter).filter(([name]) => name !== key));
}
