import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { http, take } from "@/api/client";
import { ApiError } from "@/api/errors";

export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const TYPING_MS = 350;

/** The template as the chat's next turn would render it, a moment after the typing stops. */
export function usePreview(templateText: string, chatId: string | null) {
  const [text] = useDebouncedValue(templateText, TYPING_MS);
  const query = useQuery({
    queryKey: ["workshop", "preview", text, chatId],
    queryFn: () =>
      take(
        http.POST("/v1/prompt-templates/preview", {
          body: { templateText: text, ...(chatId !== null && { chatId }) },
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  });
  return { ...query, problems: readProblems(query.error) };
}

export type PreviewState = ReturnType<typeof usePreview>;

function readProblems(error: Error | null): readonly Problem[] {
  const found = error instanceof ApiError ? error.details?.problems : null;
  if (!Array.isArray(found)) return [];
  return (found as Partial<Problem>[]).flatMap(({ line, column, message }) =>
    typeof line === "number" && typeof column === "number" ? [{ line, column, message: message ?? "" }] : [],
  );
}
