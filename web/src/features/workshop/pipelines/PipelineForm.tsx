import { Switch, Tabs, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Failed, Loading } from "@/ui/States";
import type { FormProps } from "../Workbench";
import classes from "../Workshop.module.css";
import { type Pipeline, type PipelineDraft, stepKindsQuery } from "./api";
import { LastRuns } from "./LastRuns";
import { Phases } from "./Phases";
import { DefinitionRefused } from "./problems";

type Props = FormProps<Pipeline, PipelineDraft>;

export function PipelineForm(props: Props) {
  const { t } = useTranslation("workshop");
  const { item } = props;
  if (item === null) return <Fields {...props} />;
  return (
    <Tabs defaultValue="steps" keepMounted={false}>
      <Tabs.List mb="md">
        <Tabs.Tab value="steps">{t("pipeline.order")}</Tabs.Tab>
        <Tabs.Tab value="runs">{t("pipeline.runs")}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="steps">
        <Fields {...props} />
      </Tabs.Panel>
      <Tabs.Panel value="runs">
        <LastRuns pipelineId={item.id} />
      </Tabs.Panel>
    </Tabs>
  );
}

function Fields({ draft, set, error, foot }: Props) {
  const { t } = useTranslation("workshop");
  const kinds = useQuery(stepKindsQuery);
  return (
    <div className={classes.fields}>
      <TextInput
        required
        label={t("name")}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <Switch
        label={t("enabled")}
        checked={draft.enabled}
        onChange={(event) => set({ enabled: event.currentTarget.checked })}
      />
      <Switch
        label={t("pipeline.default")}
        checked={draft.isDefault}
        onChange={(event) => set({ isDefault: event.currentTarget.checked })}
      />
      {kinds.isPending && <Loading />}
      {kinds.isError && <Failed error={kinds.error} onRetry={() => void kinds.refetch()} />}
      {kinds.isSuccess && (
        <Phases
          steps={draft.steps}
          kinds={kinds.data}
          problems={error instanceof DefinitionRefused ? error.problems : []}
          onChange={(steps) => set({ steps })}
        />
      )}
      {foot}
    </div>
  );
}
