import type { components } from "@/api/schema";

export type StepType = components["schemas"]["StepType"];
export type StepKind = components["schemas"]["StepKindOut"];
export type Params = Readonly<Record<string, unknown>>;

/** A step as the form holds it. `key` stays while names and places change; it never leaves the page. */
export interface Step {
  readonly key: string;
  readonly name: string;
  readonly type: StepType;
  readonly use: string;
  readonly params: Params;
  readonly when: string | null;
  readonly required: boolean;
  readonly enabled: boolean;
  readonly dependsOn: readonly string[];
}

/** The order of work. A tool is used after the answer, among what is done with it. */
export const PHASES = ["pre", "rag", "llm", "post"] as const;
export type Phase = (typeof PHASES)[number];

export const phaseOf = (type: StepType): Phase => (type === "tool" ? "post" : type);

export function stepsOf(steps: readonly Step[], phase: Phase): readonly Step[] {
  return steps.filter((step) => phaseOf(step.type) === phase);
}

let made = 0;

/** A key of its own for a step of this page. */
export const newKey = (): string => `step-${(made += 1)}`;

/** `steps` with one more of that kind, at the end of its phase. */
export function addStep(steps: readonly Step[], kind: StepKind): readonly Step[] {
  const step: Step = {
    key: newKey(),
    name: freeName(kind.name, new Set(steps.map(({ name }) => name))),
    type: kind.type,
    use: kind.name,
    params: {},
    when: null,
    // What one adds is an extra: the answer should come even where it fails.
    required: kind.type === "llm",
    enabled: true,
    dependsOn: [],
  };
  return inOrder([...steps, step]);
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted} ${number}`;
  return name;
}

/** Without the step, and without anything that waits for it. */
export function removeStep(steps: readonly Step[], key: string): readonly Step[] {
  const name = steps.find((step) => step.key === key)?.name;
  return steps
    .filter((step) => step.key !== key)
    .map((step) => ({ ...step, dependsOn: step.dependsOn.filter((other) => other !== name) }));
}

/** With the change made; a new name is taken over by those that wait for the step. */
export function changeStep(
  steps: readonly Step[],
  key: string,
  change: Partial<Omit<Step, "key">>,
): readonly Step[] {
  const before = steps.find((step) => step.key === key)?.name;
  const { name } = change;
  return steps.map((step) => {
    if (step.key === key) return { ...step, ...change };
    if (name === undefined || !step.dependsOn.includes(before ?? "")) return step;
    return { ...step, dependsOn: step.dependsOn.map((other) => (other === before ? name : other)) };
  });
}

/** The step at another place of its phase; `place` counts from 0 and is held within the phase. */
export function moveStep(steps: readonly Step[], key: string, place: number): readonly Step[] {
  const moved = steps.find((step) => step.key === key);
  if (moved === undefined) return steps;
  const phase = phaseOf(moved.type);
  const others = stepsOf(steps, phase).filter((step) => step !== moved);
  const at = Math.max(0, Math.min(place, others.length));
  const order = [...others.slice(0, at), moved, ...others.slice(at)];
  return PHASES.flatMap((one) => (one === phase ? order : stepsOf(steps, one)));
}

/** Phase after phase, which is how they run; within a phase as they were. */
export function inOrder(steps: readonly Step[]): readonly Step[] {
  return PHASES.flatMap((phase) => stepsOf(steps, phase));
}

/** The names that a step may wait for: of its phase or an earlier one, and not waiting for it themselves. */
export function possibleDependencies(steps: readonly Step[], step: Step): readonly string[] {
  const phase = PHASES.indexOf(phaseOf(step.type));
  const waiting = waitersOf(steps, step.name);
  return steps
    .filter((other) => other.key !== step.key && PHASES.indexOf(phaseOf(other.type)) <= phase)
    .map(({ name }) => name)
    .filter((name) => !waiting.has(name));
}

/** Everything that waits for `name`, directly or by way of others. */
function waitersOf(steps: readonly Step[], name: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (one: string) => {
    for (const step of steps) {
      if (!step.dependsOn.includes(one) || found.has(step.name)) continue;
      found.add(step.name);
      visit(step.name);
    }
  };
  visit(name);
  return found;
}

/** The step that writes the answer always runs: it has no condition, and nothing switches it off. */
export const isFixed = (step: Step): boolean => step.type === "llm";
