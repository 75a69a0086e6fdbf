import classes from "./Palette.module.css";

const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

export function Keys({ keys }: { readonly keys: string }) {
  return (
    <span className={classes.keys}>
      {keys.split("+").map((key) => (
        <kbd key={key}>{nameOf(key)}</kbd>
      ))}
    </span>
  );
}

function nameOf(key: string): string {
  if (key === "mod") return MAC ? "⌘" : "Ctrl";
  const named: Readonly<Record<string, string>> = { Escape: "Esc", ArrowLeft: "←", ArrowRight: "→" };
  return named[key] ?? key.toLocaleUpperCase();
}
