import { type Ref, useId } from "react";
import { tokenize } from "./highlight";
import classes from "./SourceEditor.module.css";

interface Props {
  readonly ref: Ref<HTMLTextAreaElement>;
  readonly label: string;
  readonly value: string;
  readonly badLines: readonly number[];
  readonly onChange: (value: string) => void;
}

/** A plain text field over a coloured copy of its text: the browser keeps its own undo, search and selection. */
export function SourceEditor({ ref, label, value, badLines, onChange }: Props) {
  const id = useId();
  const lines = value.split("\n").length;
  return (
    <div className={classes.whole}>
      <label htmlFor={id}>{label}</label>
      <div className={classes.box}>
        <div className={classes.numbers} aria-hidden="true">
          {Array.from({ length: lines }, (_, index) => (
            <span key={index} data-bad={badLines.includes(index + 1) || undefined}>
              {index + 1}
            </span>
          ))}
        </div>
        <div className={classes.sheet}>
          <pre aria-hidden="true">
            {tokenize(value).map((token, index) => (
              <span key={index} data-kind={token.kind}>
                {token.text}
              </span>
            ))}
            {"\n"}
          </pre>
          <textarea
            ref={ref}
            id={id}
            wrap="off"
            spellCheck={false}
            autoCapitalize="off"
            value={value}
            aria-invalid={badLines.length > 0}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        </div>
      </div>
    </div>
  );
}
