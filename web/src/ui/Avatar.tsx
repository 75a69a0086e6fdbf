import { useState } from "react";
import classes from "./Avatar.module.css";

interface Props {
  readonly name: string;
  /** Null when there is no picture to ask for. */
  readonly src: string | null;
  readonly size: number | "fill";
}

/** A picture, or the initials while it loads and when there is none. Always decorative: the name stands by. */
export function Avatar({ name, src, size }: Props) {
  const [state, setState] = useState<"loading" | "shown" | "absent">("loading");
  const box = size === "fill" ? { width: "100%", height: "100%" } : { width: size, height: size };
  return (
    <span
      className={classes.avatar}
      style={{ ...box, "--hue": hueOf(name), "--letter": size === "fill" ? "2.75rem" : `${size * 0.38}px` }}
      data-round={size !== "fill" || undefined}
      aria-hidden="true"
    >
      <span className={classes.initials}>{initialsOf(name)}</span>
      {src !== null && state !== "absent" && (
        <img
          src={src}
          alt=""
          loading="lazy"
          decoding="async"
          data-shown={state === "shown" || undefined}
          onLoad={() => setState("shown")}
          onError={() => setState("absent")}
        />
      )}
    </span>
  );
}

// Making one costs more than a hundred names.
const letters = new Intl.Segmenter();

export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u).slice(0, 2);
  return (
    words.map((word) => letters.segment(word).containing(0)?.segment.toLocaleUpperCase() ?? "").join("") ||
    "?"
  );
}

/** A warm hue of its own for every name, always the same. */
export function hueOf(name: string): number {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return sum;
}
