import { queryOptions } from "@tanstack/react-query";
import { type ChatSettings, http, take } from "@/api/client";

const MOST = { params: { query: { limit: 500 } } };

/** What a chat may choose from. */
export const choicesQuery = queryOptions({
  queryKey: ["workshop", "choices"],
  queryFn: async () => {
    const [personas, presets, connections, templates, pipelines, workspace] = await Promise.all([
      take(http.GET("/v1/personas", MOST)),
      take(http.GET("/v1/generation-presets", MOST)),
      take(http.GET("/v1/provider-connections", MOST)),
      take(http.GET("/v1/prompt-templates", MOST)),
      take(http.GET("/v1/pipelines", MOST)),
      take(http.GET("/v1/workspace")),
    ]);
    return {
      personas: personas.items,
      presets: presets.items,
      connections: connections.items,
      templates: templates.items,
      pipelines: pipelines.items.map((one) => ({
        ...one,
        isDefault: one.id === workspace.settings.pipelineId,
      })),
    };
  },
});

export function modelsQuery(connectionId: string) {
  return queryOptions({
    queryKey: ["workshop", "models", connectionId],
    queryFn: async () => {
      const params = { path: { connectionId } };
      return (await take(http.GET("/v1/provider-connections/{connectionId}/models", { params }))).items;
    },
    retry: false,
  });
}

interface ChatPatch {
  readonly title?: string;
  readonly settings?: ChatSettings;
  readonly version: number;
}

export function patchChat(chatId: string, body: ChatPatch) {
  return take(http.PATCH("/v1/chats/{chatId}", { params: { path: { chatId } }, body }));
}
