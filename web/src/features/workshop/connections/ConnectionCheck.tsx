import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Connection, http, take } from "@/api/client";
import { Icon } from "@/ui/Icon";
import classes from "../Workshop.module.css";

interface Props {
  readonly connection: Connection;
  /** Null where the model cannot be chosen. */
  readonly onChoose: ((model: string) => void) | null;
}

/** Asks the stored connection whether it answers, how fast, and which models it has. */
export function ConnectionCheck({ connection, onChoose }: Props) {
  const { t, i18n } = useTranslation("workshop");
  const check = useMutation({
    mutationFn: () =>
      take(
        http.POST("/v1/provider-connections/{connectionId}/check", {
          params: { path: { connectionId: connection.id } },
        }),
      ),
  });
  const answer = check.data;
  return (
    <section className={classes.check} aria-live="polite">
      <Button
        variant="default"
        loading={check.isPending}
        leftSection={<Icon name="check" size={16} />}
        onClick={() => check.mutate()}
      >
        {t("check")}
      </Button>
      {check.isError && <p data-bad>{check.error.message}</p>}
      {answer?.ok === false && <p data-bad>{answer.error?.message}</p>}
      {answer?.ok === true && (
        <>
          <p>{t("check.ok", { ms: Math.round(answer.latencyMs).toLocaleString(i18n.language) })}</p>
          <ul>
            {answer.models.map((model) => (
              <li key={model.id}>
                {onChoose === null ? (
                  model.id
                ) : (
                  <button type="button" onClick={() => onChoose(model.id)}>
                    {model.id}
                  </button>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
