import { Button, Menu } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import classes from "./Pipelines.module.css";
import type { Problem } from "./problems";
import { StepCard } from "./StepCard";
import { addStep, moveStep, type Phase, phaseOf, PHASES, type Step, type StepKind, stepsOf } from "./steps";
import { useReorder } from "./useReorder";
import { useWords } from "./useWords";

export interface PhasesProps {
  readonly steps: readonly Step[];
  readonly kinds: readonly StepKind[];
  readonly problems: readonly Problem[];
  readonly onChange: (steps: readonly Step[]) => void;
}

/** The steps in the order of work: before the prompt, what is looked up, the answer, what is done with it. */
export function Phases(props: PhasesProps) {
  const [open, setOpen] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  return (
    <div className={classes.phases}>
      {PHASES.map((phase) => (
        <PhaseSteps key={phase} {...props} phase={phase} open={open} onOpen={setOpen} onSay={setSaid} />
      ))}
      <p role="status" className="unseen">
        {said}
      </p>
    </div>
  );
}

interface PhaseProps extends PhasesProps {
  readonly phase: Phase;
  readonly open: string | null;
  readonly onOpen: (key: string | null) => void;
  /** Tells those who cannot see it where a step has gone. */
  readonly onSay: (text: string) => void;
}

function PhaseSteps({ steps, kinds, problems, phase, open, onChange, onOpen, onSay }: PhaseProps) {
  const { t } = useTranslation("workshop");
  const here = stepsOf(steps, phase);
  const { list, dragged, start } = useReorder((key, place) => onChange(moveStep(steps, key, place)));
  const move = (step: Step, place: number) => {
    const at = Math.max(0, Math.min(place, here.length - 1));
    onChange(moveStep(steps, step.key, at));
    onSay(t("step.moved", { name: step.name, place: at + 1, count: here.length }));
  };
  return (
    <section className={classes.phase} aria-labelledby={`phase-${phase}`}>
      <h2 id={`phase-${phase}`}>{t(`phase.${phase}`)}</h2>
      <p>{t(`phase.about.${phase}`)}</p>
      <ol ref={list}>
        {here.map((step, place) => (
          <StepCard
            key={step.key}
            step={step}
            steps={steps}
            kinds={kinds}
            problems={problems.filter(({ key }) => key === step.key)}
            open={open === step.key}
            dragged={dragged === step.key}
            onToggle={() => onOpen(open === step.key ? null : step.key)}
            onChange={onChange}
            onGrab={here.length > 1 ? (event) => start(step.key, event) : null}
            onMove={(by) => move(step, place + by)}
          />
        ))}
      </ol>
      {(phase !== "llm" || here.length === 0) && (
        <AddStep
          kinds={kinds.filter(({ type }) => phaseOf(type) === phase)}
          phase={phase}
          onAdd={(kind) => {
            const next = addStep(steps, kind);
            onChange(next);
            onOpen(stepsOf(next, phase).at(-1)?.key ?? null);
          }}
        />
      )}
    </section>
  );
}

interface AddProps {
  readonly kinds: readonly StepKind[];
  readonly phase: Phase;
  readonly onAdd: (kind: StepKind) => void;
}

function AddStep({ kinds, phase, onAdd }: AddProps) {
  const { t } = useTranslation("workshop");
  const words = useWords();
  if (kinds.length === 0) return null;
  return (
    <Menu withInitialFocusPlaceholder={false} withinPortal={false} position="bottom-start" returnFocus>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<Icon name="plus" size={14} />}
          aria-label={`${t("step.add")}: ${t(`phase.${phase}`)}`}
        >
          {t("step.add")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {kinds.map((kind) => (
          <Menu.Item key={`${kind.type}.${kind.name}`} onClick={() => onAdd(kind)}>
            {words.kind(kind)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
