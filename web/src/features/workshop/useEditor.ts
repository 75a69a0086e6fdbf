import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useBlocker, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "@/app/commands";
import { toasts } from "@/ui/toasts";
import type { Named, Resource } from "./resource";

/** A form's draft of one item (null for a new one) and the ways to save and delete it. */
export function useEditor<Item extends Named, Draft>(
  resource: Resource<Item, Draft>,
  item: Item | null,
  start?: Partial<Draft>,
) {
  const { t } = useTranslation("workshop");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [saved, setSaved] = useState(() =>
    item === null ? { ...resource.blank, ...start } : resource.toDraft(item),
  );
  const [draft, setDraft] = useState(saved);
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved);
  const refresh = () => queries.invalidateQueries({ queryKey: ["workshop"] });
  const fail = (error: Error) => toasts.show(error.message, { tone: "bad" });
  const go = (id: string | null) =>
    navigate({
      to: `/workshop/${resource.name}`,
      search: id === null ? {} : { id },
      replace: true,
      ignoreBlocker: true,
    });

  const save = useMutation({
    mutationFn: () => (item === null ? resource.create(draft) : resource.change(item, draft)),
    onSuccess: async (stored) => {
      setSaved(draft);
      await refresh();
      toasts.show(t("saved"));
      if (item === null) await go(stored.id);
    },
    onError: fail,
  });
  const remove = useMutation({
    mutationFn: async () => item !== null && (await resource.remove(item)),
    onSuccess: async () => {
      await go(null);
      await refresh();
    },
    onError: fail,
  });

  useBlocker({
    shouldBlockFn: () => dirty && !confirm(t("leave")),
    enableBeforeUnload: () => dirty,
  });
  useCommands([
    { id: "save", title: t("save"), keys: "mod+s", whileTyping: true, run: () => dirty && save.mutate() },
  ]);
  return {
    draft,
    set: (change: Partial<Draft>) => setDraft((now) => ({ ...now, ...change })),
    dirty,
    save,
    remove,
  };
}
