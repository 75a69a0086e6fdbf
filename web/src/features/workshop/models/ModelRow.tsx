import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import { formatBytes } from "@/ui/bytes";
import { toasts } from "@/ui/toasts";
import { DeleteButton } from "../DeleteButton";
import classes from "../Workshop.module.css";
import { deleteModel, type LocalModel, pullModel, takeModel } from "./api";

interface Props {
  readonly model: LocalModel;
  /** One is on its way; the server fetches them one after the other. */
  readonly fetching: boolean;
}

export function ModelRow({ model, fetching }: Props) {
  const { t, i18n } = useTranslation("workshop");
  const { name, title, size, contextTokens, problem } = model;
  const facts = [
    title !== "" && title !== name && name,
    formatBytes(size, i18n.language),
    contextTokens !== null && t("models.context", { tokens: contextTokens.toLocaleString(i18n.language) }),
    model.isChecked && t("models.checked"),
  ].filter(Boolean);
  return (
    <li className={classes.model}>
      <div className={classes.grow}>
        <b>{title || name}</b>
        <small>{facts.join(" · ")}</small>
        {problem !== null && <small data-bad>{problem}</small>}
      </div>
      <ModelActions model={model} fetching={fetching} />
    </li>
  );
}

function ModelActions({ model, fetching }: Props) {
  const { t } = useTranslation("workshop");
  const queries = useQueryClient();
  const { name, title, isHere, isInUse, problem } = model;
  const settled = {
    onError: (error: Error) => toasts.show(error.message, { tone: "bad" }),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["workshop"] }),
        queries.invalidateQueries({ queryKey: ["jobs"] }),
      ]),
  };
  const fetch = useMutation({ mutationFn: () => pullModel(name), ...settled });
  const use = useMutation({ mutationFn: () => takeModel(name), ...settled });
  const remove = useMutation({ mutationFn: () => deleteModel(name), ...settled });
  const label = (action: string) => ({ "aria-label": `${action}: ${title || name}` });
  return (
    <div className={classes.row}>
      {isInUse && <span className={classes.mark}>{t("models.inUse")}</span>}
      {!isHere && model.canPull && (
        <Button
          size="compact-sm"
          leftSection={<Icon name="download" size={16} />}
          loading={fetch.isPending}
          disabled={fetching}
          onClick={() => fetch.mutate()}
          {...label(t("models.fetch"))}
        >
          {t("models.fetch")}
        </Button>
      )}
      {isHere && !isInUse && problem === null && (
        <Button
          size="compact-sm"
          variant="default"
          loading={use.isPending}
          onClick={() => use.mutate()}
          {...label(t("models.use"))}
        >
          {t("models.use")}
        </Button>
      )}
      {(isHere || problem !== null) && !isInUse && (
        <DeleteButton
          size="compact-sm"
          of={title || name}
          pending={remove.isPending}
          onDelete={() => remove.mutate()}
        />
      )}
    </div>
  );
}
