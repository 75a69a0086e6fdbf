import { Button, Skeleton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "@/app/commands";
import { Icon } from "@/ui/Icon";
import { Empty, Failed } from "@/ui/States";
import { useTitle } from "@/ui/useTitle";
import { profilesQuery } from "./api";
import classes from "./Gallery.module.css";
import { ImportArea } from "./ImportArea";
import { ProfileCard } from "./ProfileCard";
import { useCardImport } from "./useCardImport";

const TYPING_MS = 250;

export default function GalleryPage() {
  const { t } = useTranslation("characters");
  const { q = "" } = useSearch({ from: "/characters" });
  const cards = useCardImport();
  useTitle(t("title"));
  return (
    <ImportArea cards={cards}>
      <div className={classes.page}>
        <header className={classes.head}>
          <h1>{t("title")}</h1>
          <SearchField q={q} />
          <Button onClick={cards.pick} loading={cards.busy} leftSection={<Icon name="upload" size={18} />}>
            {t("import")}
          </Button>
        </header>
        <Grid q={q} onImport={cards.pick} />
      </div>
    </ImportArea>
  );
}

function SearchField({ q }: { readonly q: string }) {
  const { t } = useTranslation("characters");
  const navigate = useNavigate({ from: "/characters" });
  const field = useRef<HTMLInputElement>(null);
  const search = useDebouncedCallback(
    (text: string) => void navigate({ search: text === "" ? {} : { q: text }, replace: true }),
    TYPING_MS,
  );
  useCommands([{ id: "search", title: t("search"), keys: "/", run: () => field.current?.focus() }]);
  return (
    <TextInput
      ref={field}
      type="search"
      className={classes.search ?? ""}
      defaultValue={q}
      placeholder={t("search")}
      aria-label={t("search")}
      leftSection={<Icon name="search" size={16} />}
      onChange={(event) => search(event.currentTarget.value)}
    />
  );
}

function Grid({ q, onImport }: { readonly q: string; readonly onImport: () => void }) {
  const { t } = useTranslation("characters");
  const list = useInfiniteQuery(profilesQuery(q));
  if (list.isPending) return <GridSkeleton />;
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  const profiles = list.data.pages.flatMap((page) => page.items);
  if (profiles.length === 0 && q !== "") return <Empty icon="search" title={t("none", { q })} />;
  if (profiles.length === 0)
    return (
      <Empty icon="book" title={t("empty.title")}>
        <p>{t("empty.body")}</p>
        <Button onClick={onImport} leftSection={<Icon name="upload" size={18} />}>
          {t("import")}
        </Button>
      </Empty>
    );
  return (
    <>
      <ul className={classes.grid}>
        {profiles.map((profile) => (
          <ProfileCard key={profile.id} profile={profile} />
        ))}
      </ul>
      {list.hasNextPage && (
        <div className={classes.more}>
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {t("common.more", { ns: "app" })}
          </Button>
        </div>
      )}
    </>
  );
}

function GridSkeleton() {
  const { t } = useTranslation();
  return (
    <div role="status">
      <span className="unseen">{t("common.loading")}</span>
      <div className={classes.grid} aria-hidden="true">
        {["a", "b", "c", "d", "e", "f"].map((key) => (
          <Skeleton key={key} className={classes.blank ?? ""} radius="md" />
        ))}
      </div>
    </div>
  );
}
