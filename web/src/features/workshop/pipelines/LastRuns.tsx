import { Button, NativeSelect } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PipelineRuns } from "@/features/runs";
import { Icon } from "@/ui/Icon";
import { toasts } from "@/ui/toasts";
import { useChats } from "../targets";
import classes from "../Workshop.module.css";
import { runPipeline } from "./api";

/** How the pipeline did lately, and a way to see it at work now. */
export function LastRuns({ pipelineId }: { readonly pipelineId: string }) {
  const { t } = useTranslation("workshop");
  return (
    <div className={classes.fields}>
      <RunOnChat pipelineId={pipelineId} />
      <PipelineRuns filter={{ pipeline: pipelineId }} label={t("pipeline.runs")} />
    </div>
  );
}

function RunOnChat({ pipelineId }: { readonly pipelineId: string }) {
  const { t } = useTranslation("workshop");
  const navigate = useNavigate();
  const { data: chats = [] } = useChats();
  const [chosen, setChosen] = useState<string | null>(null);
  const chat = chosen ?? chats[0]?.id;
  const run = useMutation({
    mutationFn: (chatId: string) => runPipeline(pipelineId, chatId),
    onSuccess: (_, chatId) => navigate({ to: "/chats/$chatId", params: { chatId } }),
    onError: (error) => toasts.show(error.message, { tone: "bad" }),
  });
  if (chat === undefined) return null;
  return (
    <div className={classes.grid}>
      <NativeSelect
        label={t("pipeline.try")}
        value={chat}
        data={chats.map(({ id, title }) => ({ value: id, label: title }))}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      <Button
        variant="default"
        loading={run.isPending}
        leftSection={<Icon name="forward" size={16} />}
        onClick={() => run.mutate(chat)}
      >
        {t("pipeline.try.run")}
      </Button>
    </div>
  );
}
