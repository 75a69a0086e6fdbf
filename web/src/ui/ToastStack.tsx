import { ActionIcon, Button } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "./Icon";
import classes from "./ToastStack.module.css";
import { toasts } from "./toasts";

export function ToastStack() {
  const { t } = useTranslation();
  const list = useSyncExternalStore(toasts.watch, toasts.read);
  return (
    <section
      className={classes.stack}
      aria-label={t("toast.label")}
      aria-live="polite"
      onPointerEnter={toasts.hold}
      onPointerLeave={toasts.release}
      onFocus={toasts.hold}
      onBlur={toasts.release}
    >
      {list.map((toast) => (
        <div key={toast.id} className={classes.toast} data-tone={toast.tone}>
          <span>{toast.text}</span>
          {toast.action !== null && (
            <Button size="compact-sm" variant="subtle" onClick={() => toasts.act(toast)}>
              {toast.action.label}
            </Button>
          )}
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label={t("toast.close")}
            onClick={() => toasts.close(toast.id)}
          >
            <Icon name="close" size={14} />
          </ActionIcon>
        </div>
      ))}
    </section>
  );
}
