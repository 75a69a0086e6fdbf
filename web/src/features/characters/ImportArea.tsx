import { type DragEvent, lazy, type ReactNode, Suspense, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@/ui/Icon";
import classes from "./ImportArea.module.css";
import { toasts } from "@/ui/toasts";
import { readDropped } from "./folders";
import type { CardImport } from "./useCardImport";

const ImportReport = lazy(() => import("./ImportReport"));

const tellError = (error: unknown) => void toasts.show(String(error), { tone: "bad" });

/** The whole page takes dropped files. */
export function ImportArea({
  cards,
  children,
}: {
  readonly cards: CardImport;
  readonly children: ReactNode;
}) {
  const { t } = useTranslation("characters");
  const [over, setOver] = useState(false);
  // Entering a child fires before leaving its parent, so only the depth tells a real leave.
  const depth = useRef(0);
  const holdsFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");

  return (
    <section
      className={classes.area}
      aria-label={t("title")}
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
        void readDropped(event.dataTransfer).then(cards.add, tellError);
      }}
    >
      {children}
      {over && (
        <div className={classes.veil}>
          <Icon name="upload" size={40} />
          <p>{t("drop")}</p>
        </div>
      )}
      <Suspense>
        {cards.report !== null && <ImportReport items={cards.report} onClose={cards.closeReport} />}
      </Suspense>
    </section>
  );
}
