import { Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Profile } from "@/api/client";
import { Empty, Failed, More } from "@/ui/States";
import { type Filter, profilesQuery } from "./api";
import { EmptyGallery } from "./EmptyGallery";
import classes from "./Gallery.module.css";
import { useGridWindow } from "./gridWindow";
import { ProfileCard } from "./ProfileCard";

interface Props {
  readonly filter: Filter;
  readonly onImport: () => void;
}

/** The profiles that lie in view, of however many there are; further pages come as the end comes near. */
export function Grid({ filter, onImport }: Props) {
  const { t } = useTranslation("characters");
  const list = useInfiniteQuery(profilesQuery(filter));
  const profiles = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  if (list.isPending) return <GridSkeleton />;
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  const filtered = filter.q !== undefined || filter.tag !== undefined || filter.favourite === true;
  if (profiles.length === 0 && filtered)
    return (
      <Empty icon="search" title={filter.q === undefined ? t("none.here") : t("none", { q: filter.q })} />
    );
  if (profiles.length === 0) return <EmptyGallery onImport={onImport} />;
  return (
    <>
      <Shown
        profiles={profiles}
        hasMore={list.hasNextPage && !list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
      <More list={list} />
    </>
  );
}

interface ShownProps {
  readonly profiles: readonly Profile[];
  readonly hasMore: boolean;
  readonly onMore: () => void;
}

function Shown({ profiles, hasMore, onMore }: ShownProps) {
  const list = useRef<HTMLUListElement>(null);
  const { first, end, before, after } = useGridWindow(list, profiles.length);
  const atEnd = end >= profiles.length;
  useEffect(() => {
    if (atEnd && hasMore && profiles.length > 0) onMore();
  }, [atEnd, hasMore, onMore, profiles.length]);
  return (
    <ul ref={list} className={classes.grid} style={{ paddingTop: before, paddingBottom: after }}>
      {profiles.slice(first, end).map((profile) => (
        <ProfileCard key={profile.id} profile={profile} />
      ))}
    </ul>
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
