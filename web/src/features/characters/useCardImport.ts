import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { ImportItem } from "@/api/client";
import { toasts } from "@/ui/toasts";
import { importCards } from "./api";

export const CARD_FILES = ".png,.apng,.json,.charx,.yaml,.yml,.jpg,.jpeg,image/png,application/json";

export interface CardImport {
  readonly busy: boolean;
  readonly report: readonly ImportItem[] | null;
  readonly pick: () => void;
  readonly add: (files: readonly File[]) => void;
  readonly closeReport: () => void;
}

/** Card files come in by picking, dropping and pasting; each way ends in one report. */
export function useCardImport(): CardImport {
  const queries = useQueryClient();
  const [report, setReport] = useState<readonly ImportItem[] | null>(null);
  const { mutate, isPending } = useMutation({
    mutationFn: importCards,
    onSuccess: (items) => {
      setReport(items);
      return queries.invalidateQueries({ queryKey: ["profiles"] });
    },
    onError: (error) => toasts.show(error.message, { tone: "bad" }),
  });

  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const files = readPasted(event);
      if (files.length === 0) return;
      event.preventDefault();
      mutate(files);
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, [mutate]);

  const pick = () => {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.accept = CARD_FILES;
    input.onchange = () => mutate([...(input.files ?? [])]);
    input.click();
  };
  return {
    busy: isPending,
    report,
    pick,
    add: (files) => files.length > 0 && mutate(files),
    closeReport: () => setReport(null),
  };
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
