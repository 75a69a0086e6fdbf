import { useMantineColorScheme } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { toasts } from "@/ui/toasts";
import { type Command, commands, useCommands } from "../commands";
import { listNavigation } from "../registry";
import { useLanguage } from "./useLanguage";

/** What lies over every page when it is asked for. */
export type Overlay = "palette" | "keys" | null;

/** What can be done on every page. */
export function useShellCommands(open: (overlay: Overlay) => void): void {
  const { t } = useTranslation();
  const router = useRouter();
  const { setColorScheme } = useMantineColorScheme();
  const [language, setLanguage] = useLanguage();
  const go: Command[] = listNavigation({}).map((entry) => ({
    id: `go.${entry.to}`,
    title: t("palette.go", { name: entry.title[language] }),
    run: () => void router.navigate({ to: entry.to }),
  }));
  const scheme = (name: "light" | "dark" | "auto"): Command => ({
    id: `scheme.${name}`,
    title: `${t("scheme.label")}: ${t(`scheme.${name}`)}`,
    run: () => setColorScheme(name),
  });
  const undoable = useSyncExternalStore(toasts.watch, toasts.read).findLast(({ action }) => action !== null);
  const undo = (): Command[] =>
    undoable === undefined
      ? []
      : [{ id: "undo", title: t("common.undo"), keys: "mod+z", run: () => toasts.act(undoable) }];
  useCommands([
    ...undo(),
    { id: "palette", title: t("keys.palette"), keys: "mod+k", whileTyping: true, run: () => open("palette") },
    { id: "keys", title: t("keys.help"), keys: "?", run: () => open("keys") },
    ...go,
    scheme("light"),
    scheme("dark"),
    scheme("auto"),
    { id: "language.en", title: `${t("language.label")}: English`, run: () => setLanguage("en") },
    { id: "language.ru", title: `${t("language.label")}: Русский`, run: () => setLanguage("ru") },
  ]);
}

/** One listener for all keys of the page. An open dialog or menu keeps its own. */
export function useShortcuts(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (event.defaultPrevented || event.isComposing || target?.closest("[role=dialog], [role=menu]"))
        return;
      const command = commands.find(
        event,
        target?.matches("input, textarea, select, [contenteditable]") ?? false,
      );
      if (command === null) return;
      event.preventDefault();
      command.run();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
