import { NativeSelect, Switch, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Template } from "@/api/client";
import { ScopeFields } from "../ScopeFields";
import { useChats } from "../targets";
import type { FormProps } from "../Workbench";
import { offsetOf } from "./highlight";
import { Preview } from "./Preview";
import { SourceEditor } from "./SourceEditor";
import type { TemplateDraft } from "./draft";
import { type Problem, usePreview } from "./usePreview";

export function TemplateForm({ draft, set }: FormProps<Template, TemplateDraft>) {
  const { t } = useTranslation("workshop");
  const [chat, setChat] = useState<string | null>(draft.scope === "chat" ? draft.scopeId : null);
  const { data: chats = [] } = useChats();
  const field = useRef<HTMLTextAreaElement>(null);
  const target = chat ?? chats[0]?.id ?? null;
  const preview = usePreview(draft.templateText, target);
  const goTo = ({ line, column }: Problem) => {
    const at = offsetOf(draft.templateText, line, column);
    field.current?.focus();
    field.current?.setSelectionRange(at, at + 1);
  };
  return (
    <>
      <TextInput
        required
        label={t("name")}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <ScopeFields
        scopes={["global", "entity_profile", "chat"]}
        scope={draft.scope}
        scopeId={draft.scopeId}
        onChange={(scope, scopeId) => set({ scope, scopeId })}
      />
      <SourceEditor
        ref={field}
        label={t("template.text")}
        value={draft.templateText}
        badLines={preview.problems.map(({ line }) => line)}
        onChange={(templateText) => set({ templateText })}
      />
      <NativeSelect
        label={t("preview.with")}
        value={target ?? ""}
        data={
          chats.length === 0
            ? [{ value: "", label: t("preview.nobody") }]
            : chats.map(({ id, title }) => ({ value: id, label: title }))
        }
        onChange={(event) => setChat(event.currentTarget.value)}
      />
      <Preview preview={preview} onProblem={goTo} />
      <Switch
        label={t("enabled")}
        checked={draft.enabled}
        onChange={(event) => set({ enabled: event.currentTarget.checked })}
      />
    </>
  );
}
