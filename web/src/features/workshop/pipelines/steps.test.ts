import { describe, expect, test } from "vitest";
import {
  addStep,
  changeStep,
  moveStep,
  possibleDependencies,
  removeStep,
  type Step,
  type StepKind,
  type StepType,
} from "./steps";

const step = (name: string, type: StepType, rest: Partial<Step> = {}): Step => ({
  key: name,
  name,
  type,
  use: name,
  params: {},
  when: null,
  required: false,
  enabled: true,
  dependsOn: [],
  ...rest,
});
const kind = (name: string, type: StepType): StepKind => ({
  name,
  type,
  title: name,
  isDefault: false,
  params: {},
});
const names = (steps: readonly Step[]) => steps.map(({ name }) => name);

const STEPS = [
  step("mood", "pre"),
  step("summary", "pre"),
  step("recall", "rag", { dependsOn: ["mood"] }),
  step("answer", "llm", { required: true }),
  step("quotes", "post"),
  step("trim", "post", { dependsOn: ["quotes"] }),
];

describe("steps", () => {
  test("are added at the end of their phase, under a free name, and as extras", () => {
    const more = addStep(STEPS, kind("mood", "pre"));
    expect(names(more)).toEqual(["mood", "summary", "mood 2", "recall", "answer", "quotes", "trim"]);
    expect(more[2]?.required).toBe(false);
    expect(addStep([], kind("answer", "llm"))[0]?.required).toBe(true);
  });

  test("of type tool stand among those after the answer", () => {
    expect(names(addStep(STEPS, kind("dice", "tool"))).at(-1)).toBe("dice");
  });

  test("move within their phase and never out of it", () => {
    expect(names(moveStep(STEPS, "summary", 0)).slice(0, 3)).toEqual(["summary", "mood", "recall"]);
    expect(names(moveStep(STEPS, "mood", 9)).slice(0, 3)).toEqual(["summary", "mood", "recall"]);
    expect(names(moveStep(STEPS, "recall", -3))).toEqual(names(STEPS));
    expect(moveStep(STEPS, "gone", 0)).toBe(STEPS);
  });

  test("take along those that wait for them when they are renamed, and free them when they go", () => {
    expect(changeStep(STEPS, "mood", { name: "weather" })[2]?.dependsOn).toEqual(["weather"]);
    expect(removeStep(STEPS, "quotes").at(-1)?.dependsOn).toEqual([]);
  });

  test("wait for nothing later, nothing that waits for them, and not for themselves", () => {
    const dependent = (name: string) => {
      const found = STEPS.find((one) => one.name === name);
      return found === undefined ? [] : possibleDependencies(STEPS, found);
    };
    expect(dependent("mood")).toEqual(["summary"]);
    expect(dependent("quotes")).toEqual(["mood", "summary", "recall", "answer"]);
    const chain = [
      step("a", "pre"),
      step("b", "pre", { dependsOn: ["a"] }),
      step("c", "pre", { dependsOn: ["b"] }),
    ];
    const [first] = chain;
    expect(first && possibleDependencies(chain, first)).toEqual([]);
  });
});
