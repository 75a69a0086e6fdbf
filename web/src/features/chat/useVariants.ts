import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Message, Variant } from "@/api/client";
import { queryClient } from "@/app/server";
import { selectVariant, variantsQuery } from "./api";
import type { BranchRef } from "./begun";
import { patchMessage } from "./pages";
import { tellError, turns } from "./session";

/**
 * The variants of a message and the way between them. The list is read when it is wanted: at once for the last
 * message, else when someone points at the arrows. `position` counts from 1; null until it is known.
 */
export function useVariants(at: BranchRef, message: Message, eager: boolean) {
  const [engaged, setEngaged] = useState(eager);
  const options = variantsQuery(message, at.branchId);
  const { data } = useQuery({ ...options, enabled: (engaged || eager) && message.variantCount > 1 });
  const index = data?.findIndex((variant) => variant.id === message.selectedVariantId) ?? -1;
  const count = data?.length ?? message.variantCount;

  /** False when there is no variant that way. */
  const step = async (by: 1 | -1): Promise<boolean> => {
    setEngaged(true);
    try {
      const list = data ?? (await queryClient.query(options));
      const shown = list.findIndex((variant) => variant.id === message.selectedVariantId);
      const next = list[shown + by];
      if (next === undefined) return false;
      await showVariant(at, message, next);
    } catch (error) {
      tellError(error);
    }
    return true;
  };
  return {
    position: count === 1 ? 1 : index < 0 ? null : index + 1,
    count,
    step,
    engage: () => setEngaged(true),
  };
}

/** Shows the variant at once; if the server refuses, the old one comes back with the error. */
export async function showVariant(at: BranchRef, message: Message, variant: Variant): Promise<void> {
  const put = (patch: Partial<Message>) => turns.change(at, (data) => patchMessage(data, message.id, patch));
  const { promptText, blocks, selectedVariantId, generationId, state } = message;
  put({
    promptText: variant.promptText,
    blocks: variant.blocks,
    selectedVariantId: variant.id,
    generationId: variant.generationId,
    state: variant.state === "error" || variant.state === "interrupted" ? variant.state : "settled",
  });
  try {
    await selectVariant(message.id, variant.id, at.branchId);
  } catch (error) {
    put({ promptText, blocks, selectedVariantId, generationId, state });
    throw error;
  }
}
