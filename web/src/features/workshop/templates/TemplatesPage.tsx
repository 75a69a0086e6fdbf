import { useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { http, take, type Template } from "@/api/client";
import { ALL, type Resource } from "../resource";
import { Workbench } from "../Workbench";
import { TemplateForm } from "./TemplateForm";
import type { TemplateDraft } from "./draft";

const path = (template: Template) => ({ path: { templateId: template.id } });

const STARTER = `You are {{char}}. Write the next reply of {{char}} in a tale with {{user}}.

{{ char.description }}
{{ char.scenario }}
{% if user.description %}
{{user}}: {{ user.description }}
{% endif %}`;

const templates: Resource<Template, TemplateDraft> = {
  name: "templates",
  list: async () => (await take(http.GET("/v1/prompt-templates", ALL))).items,
  blank: { name: "", templateText: STARTER, scope: "global", scopeId: null, enabled: true },
  toDraft: ({ name, templateText, scope, scopeId, enabled }) => ({
    name,
    templateText,
    scope,
    scopeId,
    enabled,
  }),
  create: (body) => take(http.POST("/v1/prompt-templates", { body })),
  change: (template, draft) =>
    take(
      http.PATCH("/v1/prompt-templates/{templateId}", {
        params: path(template),
        body: { ...draft, version: template.version },
      }),
    ),
  remove: (template) => take(http.DELETE("/v1/prompt-templates/{templateId}", { params: path(template) })),
};

export default function TemplatesPage() {
  const { t } = useTranslation("workshop");
  const { chat } = useSearch({ from: "/workshop/templates" });
  return (
    <Workbench
      resource={templates}
      describe={({ scope, enabled }) => `${nameScope(scope)}${enabled ? "" : ` · ${t("disabled")}`}`}
      form={(props) => <TemplateForm {...props} />}
      {...(chat !== undefined && { start: { scope: "chat", scopeId: chat } })}
    />
  );

  function nameScope(scope: string): string {
    if (scope === "chat") return t("scope.chat");
    return scope === "entity_profile" ? t("scope.entity_profile") : t("scope.global");
  }
}
