import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/client";
import { useCommands } from "@/app/commands";
import { Icon, type IconName } from "@/ui/Icon";
import { toasts } from "@/ui/toasts";
import { useOpenChat } from "./context";
import classes from "./Message.module.css";
import { readParts } from "./parts";
import { tellError, tellFailure, turns } from "./session";
import { useFork } from "./useFork";
import { useVariants } from "./useVariants";

const MessageMenu = lazy(() => import("./MessageMenu"));

interface Props {
  readonly message: Message;
  readonly isLast: boolean;
  readonly busy: boolean;
}

export function MessageActions({ message, isLast, busy, onEdit }: Props & { readonly onEdit: () => void }) {
  const { t } = useTranslation("chat");
  const { at } = useOpenChat();
  const isAnswer = message.role === "assistant";
  const regenerate = () => void tellFailure(turns.regenerate(at, message));
  if (message.state === "streaming") return <div className={classes.actions} />;
  return (
    <div className={classes.actions} data-last={isLast || undefined}>
      {isLast && <LastKeys message={message} busy={busy} onEdit={onEdit} />}
      {(message.variantCount > 1 || (isAnswer && isLast)) && (
        <VariantArrows message={message} isLast={isLast} busy={busy} />
      )}
      <span className={classes.quiet}>
        <Action icon="edit" label={t("edit")} onClick={onEdit} data-edit />
        {isAnswer && message.seq > 0 && (
          <Action icon="retry" label={t("regenerate")} disabled={busy} onClick={regenerate} />
        )}
        <Action
          icon="copy"
          label={t("copy")}
          onClick={() => void copyText(readParts(message).text, t("copied"))}
        />
        <MoreButton message={message} isLast={isLast} busy={busy} label={t("more")} />
      </span>
    </div>
  );
}

/** The keys that mean the last message. */
function LastKeys({ message, busy, onEdit }: Omit<Props, "isLast"> & { readonly onEdit: () => void }) {
  const { t } = useTranslation("chat");
  const { at, open } = useOpenChat();
  const fork = useFork(message);
  const regenerate = () => void tellFailure(turns.regenerate(at, message));
  const why = () => open({ kind: "why", message });
  const canRewrite = message.role === "assistant" && message.seq > 0 && !busy;
  useCommands([
    { id: "edit", title: t("edit.last"), keys: "e", run: onEdit },
    { id: "fork", title: t("fork.branch"), keys: "f", run: fork.toBranch },
    ...(canRewrite ? [{ id: "regenerate", title: t("regenerate"), keys: "r", run: regenerate }] : []),
    ...(message.generationId === null ? [] : [{ id: "why", title: t("why"), keys: "w", run: why }]),
  ]);
  return null;
}

/** Two hundred closed menus would cost more than the messages: one is made when it is asked for. */
function MoreButton(props: Props & { readonly label: string }) {
  const [asked, setAsked] = useState(false);
  const button = <Action icon="more" label={props.label} onClick={() => setAsked(true)} />;
  return asked ? (
    <Suspense fallback={button}>
      <MessageMenu {...props} />
    </Suspense>
  ) : (
    button
  );
}

function VariantArrows({ message, isLast, busy }: Props) {
  const { t } = useTranslation("chat");
  const { at, open } = useOpenChat();
  const { position, count, step, engage } = useVariants(at, message, isLast);
  // Greetings are written by the card: there is no next one to make; nor of what the user wrote.
  const canMake = isLast && message.seq > 0 && message.role === "assistant";
  const makesNext = canMake && position === count;
  const hasPrevious = count > 1 && position !== 1;
  const hasNext = makesNext || position !== count;
  const toPrevious = () => !busy && void step(-1);
  const goOn = async () => {
    // Whether there is a next one may not be known yet: then the list is read first.
    const isMade = !makesNext && (await step(1));
    if (!isMade && canMake) await tellFailure(turns.regenerate(at, message));
  };
  const toNext = () => !busy && void goOn();
  const keys = [
    { id: "variant.previous", title: t("variant.previous"), keys: "ArrowLeft", run: toPrevious },
    { id: "variant.next", title: t("variant.next"), keys: "ArrowRight", run: toNext },
  ];
  useCommands(isLast ? keys : []);
  if (count < 2 && !canMake) return null;
  return (
    <span className={classes.variants} onPointerEnter={engage} onFocus={engage}>
      <Action
        icon="left"
        label={t("variant.previous")}
        disabled={busy || !hasPrevious}
        onClick={toPrevious}
        data-swipe="previous"
      />
      {count > 1 && (
        <button
          type="button"
          className={classes.count}
          title={t("variants")}
          onClick={() => open({ kind: "variants", message })}
        >
          {position ?? "–"} / {count}
          <span className="unseen">: {t("variants")}</span>
        </button>
      )}
      <Action
        icon="right"
        label={makesNext ? t("variant.new") : t("variant.next")}
        disabled={busy || !hasNext}
        onClick={toNext}
        data-swipe="next"
      />
    </span>
  );
}

interface ActionProps {
  readonly icon: IconName;
  readonly label: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
  readonly "data-swipe"?: string;
  readonly "data-edit"?: boolean;
}

/** A button of our own: five under each of many messages are most of what a page of them costs. */
function Action({ icon, label, ...rest }: ActionProps) {
  return (
    <button type="button" className={classes.action} aria-label={label} title={label} {...rest}>
      <Icon name={icon} size={17} />
    </button>
  );
}

async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.show(done);
  } catch (error) {
    tellError(error);
  }
}
