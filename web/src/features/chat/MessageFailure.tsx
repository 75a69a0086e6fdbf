import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/client";
import { Icon } from "@/ui/Icon";
import { type Failure, failureQuery } from "./api";
import { useOpenChat } from "./context";
import classes from "./Message.module.css";
import { tellFailure, turns } from "./session";

export const isBroken = ({ state }: Message) => state === "error" || state === "interrupted";

/** Under an answer that broke off: why, and the way on. */
export function MessageFailure({ message, busy }: { readonly message: Message; readonly busy: boolean }) {
  const { t } = useTranslation("chat");
  const { at } = useOpenChat();
  const { data: failure } = useQuery({
    ...failureQuery(message.generationId ?? ""),
    enabled: message.state === "error" && message.generationId !== null,
  });
  const interrupted = message.state === "interrupted";
  const words = { code: "", message: interrupted ? t("interrupted") : t("failed") };
  return (
    <FailureNote failure={interrupted ? words : (failure ?? words)} calm={interrupted}>
      {message.promptText !== "" && (
        <Button
          size="compact-sm"
          variant="default"
          disabled={busy}
          leftSection={<Icon name="forward" size={16} />}
          onClick={() => void tellFailure(turns.goOn(at, message))}
        >
          {t("continue")}
        </Button>
      )}
      <Button
        size="compact-sm"
        variant="default"
        disabled={busy}
        leftSection={<Icon name="retry" size={16} />}
        onClick={() => void tellFailure(turns.regenerate(at, message))}
      >
        {t("again")}
      </Button>
    </FailureNote>
  );
}

interface NoteProps {
  readonly failure: Failure;
  readonly calm?: boolean;
  readonly children?: ReactNode;
}

/** A missing model is not a fault but a step to take: the server's message says which. */
export function FailureNote({ failure, calm = false, children }: NoteProps) {
  const { t } = useTranslation("chat");
  const notReady = failure.code === "model.not_ready";
  return (
    <div className={classes.failure} data-calm={calm || notReady || undefined} role="alert">
      {notReady && <strong>{t("model.title")}</strong>}
      <p>{failure.message}</p>
      {failure.traceId != null && !notReady && (
        <small>{t("error.trace", { ns: "app", id: failure.traceId })}</small>
      )}
      <div className={classes.ways}>{children}</div>
    </div>
  );
}
