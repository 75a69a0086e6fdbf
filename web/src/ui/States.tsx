import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { Icon, type IconName } from "./Icon";
import classes from "./States.module.css";

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  /** It is all that the page shows, so its title is the page's. */
  readonly whole?: boolean;
  readonly children?: ReactNode;
}

export function Empty({ icon, title, whole = false, children }: EmptyProps) {
  const Title = whole ? "h1" : "h2";
  return (
    <div className={classes.state}>
      <span className={classes.mark}>
        <Icon name={icon} size={28} />
      </span>
      <Title>{title}</Title>
      {children}
    </div>
  );
}

interface FailedProps {
  readonly error: Error;
  /** It is all that the page shows, so its title is the page's. */
  readonly whole?: boolean;
  readonly onRetry: () => void;
}

/** What went wrong, in the server's words when it said any, and the way to try again. */
export function Failed({ error, whole = false, onRetry }: FailedProps) {
  const Title = whole ? "h1" : "h2";
  const { t } = useTranslation();
  const said = error instanceof ApiError && error.isSaid;
  return (
    <div className={classes.state} role="alert">
      <span className={classes.mark} data-bad>
        <Icon name="warn" size={28} />
      </span>
      <Title>{t("error.title")}</Title>
      <p>{said ? error.message : t("error.unreachable")}</p>
      <Button variant="default" onClick={onRetry} leftSection={<Icon name="retry" size={16} />}>
        {t("error.retry")}
      </Button>
      {error instanceof ApiError && error.traceId !== null && (
        <small>{t("error.trace", { id: error.traceId })}</small>
      )}
    </div>
  );
}

export function Loading() {
  const { t } = useTranslation();
  return (
    <div className={classes.loading} role="status">
      <span className={classes.pulse} aria-hidden="true" />
      <span className="unseen">{t("common.loading")}</span>
    </div>
  );
}

interface MoreProps {
  /** A list that is read page by page. */
  readonly list: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => Promise<unknown>;
  };
}

/** The way to a list's next page, while there is one. */
export function More({ list }: MoreProps) {
  const { t } = useTranslation();
  if (!list.hasNextPage) return null;
  return (
    <div className={classes.more}>
      <Button
        variant="default"
        loading={list.isFetchingNextPage}
        leftSection={<Icon name="down" size={16} />}
        onClick={() => void list.fetchNextPage()}
      >
        {t("common.more")}
      </Button>
    </div>
  );
}
