import { ActionIcon } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Message } from "@/api/client";
import { useCommands } from "@/app/commands";
import { Icon, type IconName } from "@/ui/Icon";
import { toasts } from "@/ui/toasts";
import classes from "./Message.module.css";
import { readParts } from "./MessageRow";
import { tellError, tellFailure, turns } from "./session";
import { useVariants } from "./useVariants";

interface Props {
  readonly message: Message;
  readonly isLast: boolean;
  readonly busy: boolean;
}

export function MessageActions({ message, isLast, busy }: Props) {
  const { t } = useTranslation("chat");
  if (message.state === "streaming") return <div className={classes.actions} />;
  return (
    <div className={classes.actions} data-last={isLast || undefined}>
      {message.role === "assistant" && (message.variantCount > 1 || isLast) && (
        <VariantArrows message={message} isLast={isLast} busy={busy} />
      )}
      <span className={classes.quiet}>
        {message.role === "assistant" && message.seq > 0 && (
          <Action
            icon="retry"
            label={t("regenerate")}
            disabled={busy}
            onClick={() => void tellFailure(turns.regenerate(message))}
          />
        )}
        <Action
          icon="copy"
          label={t("copy")}
          onClick={() => void copyText(readParts(message).text, t("copied"))}
        />
      </span>
    </div>
  );
}

function VariantArrows({ message, isLast, busy }: Props) {
  const { t } = useTranslation("chat");
  const { position, count, step, engage } = useVariants(message, isLast);
  // Greetings are written by the card: there is no next one to make.
  const canMake = isLast && message.seq > 0;
  const makesNext = canMake && position === count;
  const hasPrevious = count > 1 && position !== 1;
  const hasNext = makesNext || position !== count;
  const toPrevious = () => !busy && void step(-1);
  const toNext = () => !busy && void (makesNext ? tellFailure(turns.regenerate(message)) : step(1));
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
        <span role="status" aria-label={t("variant.place", { position: position ?? "–", count })}>
          {position ?? "–"} / {count}
        </span>
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
}

function Action({ icon, label, disabled = false, ...rest }: ActionProps) {
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={label} title={label} disabled={disabled} {...rest}>
      <Icon name={icon} size={17} />
    </ActionIcon>
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
