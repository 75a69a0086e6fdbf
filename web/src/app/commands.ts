import { useEffect, useEffectEvent } from "react";

export interface Command {
  readonly id: string;
  readonly title: string;
  /** As in `matchesKey`: "mod+k", "?", "Escape". */
  readonly keys?: string;
  /** Works while a text field has the focus. */
  readonly whileTyping?: boolean;
  readonly run: () => void;
}

/** What can be done now: the shell's commands and those of the open page. The palette and the keys read it. */
export class Commands {
  private groups: readonly (readonly Command[])[] = [];
  private all: readonly Command[] = [];
  private readonly watchers = new Set<() => void>();

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  read = (): readonly Command[] => this.all;

  add(group: readonly Command[]): () => void {
    this.set([...this.groups, group]);
    return () => this.set(this.groups.filter((other) => other !== group));
  }

  /** The command for a key press. The group added last, the page on top, is asked first. */
  find(event: KeyPress, typing: boolean): Command | null {
    for (const group of [...this.groups].reverse()) {
      const found = group.find(
        (command) =>
          command.keys !== undefined &&
          (!typing || command.whileTyping === true) &&
          matchesKey(command.keys, event),
      );
      if (found !== undefined) return found;
    }
    return null;
  }

  private set(groups: readonly (readonly Command[])[]): void {
    this.groups = groups;
    this.all = groups.flat();
    for (const watcher of [...this.watchers]) watcher();
  }
}

export type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">;

/** `mod` is Control, or Command on a Mac. Shift is part of the letter itself ("?"). */
export function matchesKey(keys: string, event: KeyPress): boolean {
  const parts = keys.toLowerCase().split("+");
  const mod = event.ctrlKey || event.metaKey;
  return (
    event.key.toLowerCase() === parts[parts.length - 1] && mod === parts.includes("mod") && !event.altKey
  );
}

/** Those whose title has every word of `query`, in any order. */
export function filterCommands(all: readonly Command[], query: string): readonly Command[] {
  const words = query.toLocaleLowerCase().split(/\s+/u).filter(Boolean);
  return all.filter((command) => {
    const title = command.title.toLocaleLowerCase();
    return words.every((word) => title.includes(word));
  });
}

export const commands = new Commands();

/** Offers `group` while the calling component is shown; it is offered anew when titles or keys change. */
export function useCommands(group: readonly Command[]): void {
  const runLatest = useEffectEvent((id: string) => group.find((command) => command.id === id)?.run());
  // As text, for the functions in the group are new at every render while what is shown of it is not.
  const shape = JSON.stringify(group);
  useEffect(() => {
    const offered = JSON.parse(shape) as Omit<Command, "run">[];
    return commands.add(offered.map((command) => ({ ...command, run: () => runLatest(command.id) })));
  }, [shape]);
}
