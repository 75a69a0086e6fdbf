import { queryOptions } from "@tanstack/react-query";
import { http, take } from "@/api/client";
import type { components } from "@/api/schema";
import { ALL, type Resource } from "../resource";
import { placeProblems } from "./problems";
import { inOrder, newKey, type Step } from "./steps";

/** A pipeline, and whether the workspace takes it for every chat that does not say otherwise. */
export type Pipeline = components["schemas"]["PipelineOut"] & { readonly isDefault: boolean };

export interface PipelineDraft {
  readonly name: string;
  readonly enabled: boolean;
  readonly isDefault: boolean;
  readonly steps: readonly Step[];
}

const path = ({ id }: Pipeline) => ({ path: { pipelineId: id } });

export const pipelines: Resource<Pipeline, PipelineDraft> = {
  name: "pipelines",
  list: listPipelines,
  blank: {
    name: "",
    enabled: true,
    isDefault: false,
    steps: [
      {
        key: "answer",
        name: "answer",
        type: "llm",
        use: "answer",
        params: {},
        when: null,
        required: true,
        enabled: true,
        dependsOn: [],
      },
    ],
  },
  toDraft: ({ name, enabled, isDefault, definition }) => ({
    name,
    enabled,
    isDefault,
    steps: inOrder(definition.steps.map((step) => ({ ...step, key: newKey() }))),
  }),
  create: async (draft) => {
    const body = toBody(draft);
    return bindDefault(await placed(draft, take(http.POST("/v1/pipelines", { body }))), draft.isDefault);
  },
  change: async (pipeline, draft) => {
    const body = { ...toBody(draft), version: pipeline.version };
    const params = path(pipeline);
    const saved = await placed(draft, take(http.PATCH("/v1/pipelines/{pipelineId}", { params, body })));
    return bindDefault(saved, draft.isDefault);
  },
  remove: (pipeline) => take(http.DELETE("/v1/pipelines/{pipelineId}", { params: path(pipeline) })),
};

async function listPipelines(): Promise<readonly Pipeline[]> {
  const [{ items }, { settings }] = await Promise.all([
    take(http.GET("/v1/pipelines", ALL)),
    take(http.GET("/v1/workspace")),
  ]);
  return items.map((pipeline) => ({ ...pipeline, isDefault: pipeline.id === settings.pipelineId }));
}

function toBody({ name, enabled, steps }: PipelineDraft) {
  return { name, enabled, definition: { steps: steps.map(toSent) } };
}

function toSent({ name, type, use, params, when, required, enabled, dependsOn }: Step) {
  return { name, type, use, params, when: when?.trim() || null, required, enabled, dependsOn };
}

async function placed<T>({ steps }: PipelineDraft, saving: Promise<T>): Promise<T> {
  try {
    return await saving;
  } catch (error) {
    throw placeProblems(error, steps);
  }
}

/** The workspace's settings are one value with a version: only what this page decides is changed in it. */
async function bindDefault(saved: Omit<Pipeline, "isDefault">, isDefault: boolean): Promise<Pipeline> {
  const { settings, version } = await take(http.GET("/v1/workspace"));
  if ((settings.pipelineId === saved.id) !== isDefault) {
    const body = { version, settings: { ...settings, pipelineId: isDefault ? saved.id : null } };
    await take(http.PATCH("/v1/workspace", { body }));
  }
  return { ...saved, isDefault };
}

export const stepKindsQuery = queryOptions({
  queryKey: ["workshop", "stepKinds"],
  queryFn: async () => (await take(http.GET("/v1/pipeline-step-kinds"))).items,
});

/** Answers the end of the chat's active branch with this pipeline. */
export const runPipeline = (pipelineId: string, chatId: string) =>
  take(http.POST("/v1/pipelines/{pipelineId}/run", { params: { path: { pipelineId } }, body: { chatId } }));
