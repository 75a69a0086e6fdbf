// What other features may use of this one.
export type { LoreTrace } from "./api";
export { Explanation } from "./Explanation";
export { LoreList } from "./LoreList";
export { PipelineRuns } from "./PipelineRuns";
export { RunTabs } from "./RunTabs";
