import { Button, NativeSelect, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import { Failed, Loading } from "@/ui/States";
import { toasts } from "@/ui/toasts";
import { addressQuery, type Trace, traceQuery } from "./api";
import { Comparison } from "./Comparison";
import classes from "./Explanation.module.css";
import { LoreList } from "./LoreList";
import { PromptView } from "./PromptView";
import { readParams, toCurl } from "./prompt";
import { StepList } from "./StepList";
import { Summary } from "./Summary";

export interface Other {
  readonly id: string;
  readonly label: string;
}

interface Props {
  readonly generationId: string;
  /** Generations whose prompt may be compared with this one. */
  readonly others?: readonly Other[];
}

/** Why an answer is what it is: the prompt as sent, what was left out, which lore fired, how long it all took. */
export function Explanation({ generationId, others = [] }: Props) {
  const trace = useQuery(traceQuery(generationId));
  if (trace.isPending) return <Loading />;
  if (trace.isError) return <Failed error={trace.error} onRetry={() => void trace.refetch()} />;
  return <Explained trace={trace.data} others={others} />;
}

function Explained({ trace, others }: { readonly trace: Trace; readonly others: readonly Other[] }) {
  const { t } = useTranslation("runs");
  const [tab, setTab] = useState<string | null>("prompt");
  const [other, setOther] = useState("");
  return (
    <div className={classes.all}>
      <Summary trace={trace} />
      <div className={classes.tools}>
        {others.length > 0 && (
          <NativeSelect
            size="sm"
            aria-label={t("compare")}
            value={other}
            data={[
              { value: "", label: t("compare") },
              ...others.map(({ id, label }) => ({ value: id, label })),
            ]}
            onChange={(event) => setOther(event.currentTarget.value)}
          />
        )}
        <CopyCurl trace={trace} />
      </div>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="prompt">{t("prompt")}</Tabs.Tab>
          <Tabs.Tab value="lore">{t("lore", { count: trace.lore.length })}</Tabs.Tab>
          <Tabs.Tab value="steps">{t("steps")}</Tabs.Tab>
          <Tabs.Tab value="params">{t("params")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="prompt" pt="md">
          {other === "" ? <PromptView trace={trace} /> : <Comparison trace={trace} otherId={other} />}
        </Tabs.Panel>
        <Tabs.Panel value="lore" pt="md">
          <LoreList lore={trace.lore} />
        </Tabs.Panel>
        <Tabs.Panel value="steps" pt="md">
          <StepList steps={trace.steps} />
        </Tabs.Panel>
        <Tabs.Panel value="params" pt="md">
          <pre className={classes.raw} tabIndex={0} aria-label={t("params")}>
            {JSON.stringify({ model: trace.generation.model, ...readParams(trace) }, null, 2)}
          </pre>
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

function CopyCurl({ trace }: { readonly trace: Trace }) {
  const { t } = useTranslation("runs");
  const { data: address = null } = useQuery(addressQuery(trace.generation.providerId));
  const copy = () =>
    navigator.clipboard.writeText(toCurl(trace, address)).then(
      () => toasts.show(t("copied")),
      (error: unknown) => toasts.show(String(error), { tone: "bad" }),
    );
  return (
    <Button
      size="sm"
      variant="default"
      leftSection={<Icon name="copy" size={16} />}
      onClick={() => void copy()}
    >
      {t("curl")}
    </Button>
  );
}
