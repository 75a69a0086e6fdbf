import { type ReactNode, useEffect, useRef } from "react";
import classes from "./TabBar.module.css";

interface Props {
  readonly label: string;
  /** Where it stands. */
  readonly className?: string | undefined;
  /** Links; that of the page which is open has `aria-current`. */
  readonly children: ReactNode;
}

/** Sister pages side by side. On a phone they are wider than the screen: the open one comes into view. */
export function TabBar({ label, className = "", children }: Props) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, []);
  return (
    <nav ref={nav} className={`${classes.bar} ${className}`} aria-label={label}>
      {children}
    </nav>
  );
}
