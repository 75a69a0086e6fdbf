import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { ImportItem } from "@/api/client";
import { pickFiles } from "@/ui/pickFile";
import { toasts } from "@/ui/toasts";
import { importCards } from "./api";
import { splitFiles } from "./batches";
import { isCard } from "./folders";

export const CARD_FILES = ".png,.apng,.json,.charx,.yaml,.yml,.jpg,.jpeg,image/png,application/json";

export interface CardImport {
  /** How many files are through; null when nothing is going on. */
  readonly progress: { readonly done: number; readonly total: number } | null;
  readonly report: readonly ImportItem[] | null;
  readonly pick: () => void;
  readonly pickFolder: () => void;
  readonly add: (files: readonly File[]) => void;
  readonly closeReport: () => void;
}

/** Card files come in by picking, dropping and pasting; each way ends in one report. */
export function useCardImport(): CardImport {
  const queries = useQueryClient();
  const [report, setReport] = useState<readonly ImportItem[] | null>(null);
  const [progress, setProgress] = useState<CardImport["progress"]>(null);
  const { mutate } = useMutation({
    mutationFn: async (files: readonly File[]) => {
      const items: ImportItem[] = [];
      for (const part of splitFiles(files)) {
        setProgress({ done: items.length, total: files.length });
        items.push(...(await importCards(part)));
        setReport(items);
      }
    },
    onError: (error) => toasts.show(error.message, { tone: "bad" }),
    onSettled: () => {
      setProgress(null);
      return queries.invalidateQueries({ queryKey: ["profiles"] });
    },
  });
  const add = (files: readonly File[]) => {
    if (files.length > 0) mutate(files);
  };
  usePasted(mutate);
  return {
    progress,
    report: progress === null ? report : null,
    pick: () => void pickFiles(CARD_FILES, true).then(add),
    pickFolder: () => void pickFiles("", true, true).then((files) => add(files.filter(isCard))),
    add,
    closeReport: () => setReport(null),
  };
}

function usePasted(add: (files: readonly File[]) => void): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const files = readPasted(event);
      if (files.length === 0) return;
      event.preventDefault();
      add(files);
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, [add]);
}

/** Files, or the text of a JSON card; text meant for a field is left to it. */
function readPasted(event: ClipboardEvent): File[] {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length > 0) return files;
  const intoField = event.target instanceof HTMLElement && event.target.matches("input, textarea");
  const text = event.clipboardData?.getData("text/plain").trim() ?? "";
  if (intoField || !text.startsWith("{")) return [];
  return [new File([text], "pasted.json", { type: "application/json" })];
}
