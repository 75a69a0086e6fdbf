import { lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { DropArea } from "@/ui/DropArea";
import { pickCards } from "./folders";
import type { CardImport } from "./useCardImport";

const ImportReport = lazy(() => import("./ImportReport"));

/** The whole page takes dropped files. */
export function ImportArea({
  cards,
  children,
}: {
  readonly cards: CardImport;
  readonly children: ReactNode;
}) {
  const { t } = useTranslation("characters");
  return (
    <DropArea label={t("title")} invitation={t("drop")} onDrop={(files) => cards.add(pickCards(files))}>
      {children}
      <Suspense>
        {cards.report !== null && <ImportReport items={cards.report} onClose={cards.closeReport} />}
      </Suspense>
    </DropArea>
  );
}
