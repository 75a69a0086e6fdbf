import { useTranslation } from "react-i18next";
import { type Connection, http, take } from "@/api/client";
import { ALL, type Resource } from "../resource";
import { Workbench } from "../Workbench";
import { ConnectionForm } from "./ConnectionForm";
import type { ConnectionDraft } from "./draft";

const path = (connection: Connection) => ({ path: { connectionId: connection.id } });
const toBody = ({ apiKey, baseUrl, defaultModel, ...rest }: ConnectionDraft) => ({
  ...rest,
  baseUrl: baseUrl || null,
  defaultModel: defaultModel || null,
  ...(apiKey !== undefined && { apiKey: apiKey || null }),
});

const connections: Resource<Connection, ConnectionDraft> = {
  name: "connections",
  list: async () => (await take(http.GET("/v1/provider-connections", ALL))).items,
  blank: {
    name: "",
    provider: "openai_compatible",
    baseUrl: "",
    defaultModel: "",
    contextTokens: 8192,
    answerTokens: 1024,
    enabled: true,
    isDefault: false,
  },
  toDraft: ({ name, provider, baseUrl, defaultModel, contextTokens, answerTokens, enabled, isDefault }) => ({
    name,
    provider,
    baseUrl: baseUrl ?? "",
    defaultModel: defaultModel ?? "",
    contextTokens,
    answerTokens,
    enabled,
    isDefault,
  }),
  create: (draft) => take(http.POST("/v1/provider-connections", { body: toBody(draft) })),
  change: (connection, draft) =>
    take(
      http.PATCH("/v1/provider-connections/{connectionId}", {
        params: path(connection),
        body: { ...toBody(draft), version: connection.version },
      }),
    ),
  remove: (connection) =>
    take(http.DELETE("/v1/provider-connections/{connectionId}", { params: path(connection) })),
};

export default function ConnectionsPage() {
  const { t } = useTranslation("workshop");
  return (
    <Workbench
      resource={connections}
      describe={(one) => (one.isDefault ? t("usual") : (one.baseUrl ?? t(`provider.${one.provider}`)))}
      isFixed={(one) => one.isBuiltIn}
      form={(props) => <ConnectionForm {...props} />}
    />
  );
}
