import { Switch } from "@mantine/core";
import type { KeyboardEvent, PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import classes from "./Pipelines.module.css";
import type { Problem } from "./problems";
import { StepForm } from "./StepForm";
import { changeStep, isFixed, removeStep, type Step, type StepKind } from "./steps";
import { useWords } from "./useWords";

interface Props {
  readonly step: Step;
  readonly steps: readonly Step[];
  readonly kinds: readonly StepKind[];
  readonly problems: readonly Problem[];
  readonly open: boolean;
  readonly dragged: boolean;
  readonly onToggle: () => void;
  readonly onChange: (steps: readonly Step[]) => void;
  /** Null where there is nothing to change places with. */
  readonly onGrab: ((event: PointerEvent) => void) | null;
  readonly onMove: (by: 1 | -1) => void;
}

/** A step: what it is at a glance, and its form when it is unfolded. */
export function StepCard(props: Props) {
  const { step, steps, kinds, problems, open, dragged, onToggle, onChange, onGrab, onMove } = props;
  const { t } = useTranslation("workshop");
  const words = useWords();
  const kind = kinds.find(({ type, name }) => type === step.type && name === step.use);
  const notes = [
    kind === undefined ? step.use : words.kind(kind),
    step.when !== null && step.when !== "" && t("step.if", { condition: step.when }),
    !step.required && t("step.optional"),
    step.dependsOn.length > 0 && t("step.after", { names: step.dependsOn.join(", ") }),
  ].filter(Boolean);
  return (
    <li
      data-key={step.key}
      data-off={!step.enabled || undefined}
      data-bad={problems.length > 0 || undefined}
      data-dragged={dragged || undefined}
      className={classes.card}
    >
      <div className={classes.head}>
        {onGrab !== null && <Handle name={step.name} onGrab={onGrab} onMove={onMove} />}
        <button type="button" className={classes.unfold} aria-expanded={open} onClick={onToggle}>
          <b>{step.name}</b>
          <span>{notes.join(" · ")}</span>
        </button>
        {!isFixed(step) && (
          <Switch
            aria-label={t("step.enable", { name: step.name })}
            checked={step.enabled}
            onChange={({ currentTarget }) =>
              onChange(changeStep(steps, step.key, { enabled: currentTarget.checked }))
            }
          />
        )}
      </div>
      {problems.length > 0 && (
        <div className={classes.problems} role="alert">
          {problems.map(({ field, message }) => (
            <p key={`${field} ${message}`}>
              {field !== "" && <code>{field}</code>} {message}
            </p>
          ))}
        </div>
      )}
      {open && (
        <StepForm
          step={step}
          steps={steps}
          kinds={kinds}
          problems={problems}
          onChange={(change) => onChange(changeStep(steps, step.key, change))}
          onRemove={() => onChange(removeStep(steps, step.key))}
        />
      )}
    </li>
  );
}

interface HandleProps {
  readonly name: string;
  readonly onGrab: (event: PointerEvent) => void;
  readonly onMove: (by: 1 | -1) => void;
}

function Handle({ name, onGrab, onMove }: HandleProps) {
  const { t } = useTranslation("workshop");
  const press = (event: KeyboardEvent<HTMLButtonElement>) => {
    const by = ({ ArrowUp: -1, ArrowDown: 1 } as const)[event.key];
    if (by === undefined) return;
    event.preventDefault();
    onMove(by);
    // What is moved in the page loses the focus; it is back once the new order is drawn.
    const handle = event.currentTarget;
    requestAnimationFrame(() => handle.focus());
  };
  return (
    <button
      type="button"
      className={classes.handle}
      aria-label={t("step.move", { name })}
      title={t("step.move.how")}
      onPointerDown={onGrab}
      onKeyDown={press}
    >
      <Icon name="grip" size={18} />
    </button>
  );
}
