import { Button } from "@mantine/core";
import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { Component, type ErrorInfo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Empty, Failed } from "@/ui/States";

export function Missing() {
  const { t } = useTranslation();
  return (
    <Empty whole icon="book" title={t("missing.title")}>
      <Button component={Link} to="/characters" variant="default">
        {t("missing.home")}
      </Button>
    </Empty>
  );
}

/** One page failed; the shell around it stays. */
export function RouteFailed({ error, reset }: ErrorComponentProps) {
  const queries = useQueryErrorResetBoundary();
  return (
    <Failed
      whole
      error={error instanceof Error ? error : new Error(String(error))}
      onRetry={() => {
        queries.reset();
        reset();
      }}
    />
  );
}

interface State {
  readonly error: Error | null;
}

/** The last net: the shell itself failed. It needs nothing that could have failed with it. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    reportError(
      new Error(`the page failed at ${info.componentStack ?? "an unknown place"}`, { cause: error }),
    );
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return <Fallen />;
  }
}

function Fallen() {
  const { t } = useTranslation();
  return (
    <Empty whole icon="warn" title={t("error.title")}>
      <p>{t("error.body")}</p>
      <button type="button" onClick={() => location.reload()}>
        {t("error.reload")}
      </button>
    </Empty>
  );
}
