import { type DragEvent, type ReactNode, useRef, useState } from "react";
import classes from "./DropArea.module.css";
import { type PlacedFile, readDropped } from "./dropped";
import { Icon } from "./Icon";
import { toasts } from "./toasts";

interface Props {
  readonly label: string;
  /** What is said while something is held over it. */
  readonly invitation: string;
  readonly onDrop: (files: readonly PlacedFile[]) => void;
  readonly children: ReactNode;
}

const tellError = (error: unknown) => void toasts.show(String(error), { tone: "bad" });
const holdsFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");

/** A whole page that takes dropped files and folders. */
export function DropArea({ label, invitation, onDrop, children }: Props) {
  const [over, setOver] = useState(false);
  // Entering a child fires before leaving its parent, so only the depth tells a real leave.
  const depth = useRef(0);
  return (
    <section
      className={classes.area}
      aria-label={label}
      onDragEnter={(event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        depth.current += 1;
        setOver(true);
      }}
      onDragOver={(event) => holdsFiles(event) && event.preventDefault()}
      onDragLeave={(event) => {
        if (!holdsFiles(event)) return;
        depth.current -= 1;
        setOver(depth.current > 0);
      }}
      onDrop={(event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        void readDropped(event.dataTransfer).then(onDrop).catch(tellError);
      }}
    >
      {children}
      {over && (
        <div className={classes.veil}>
          <Icon name="upload" size={40} />
          <p>{invitation}</p>
        </div>
      )}
    </section>
  );
}
