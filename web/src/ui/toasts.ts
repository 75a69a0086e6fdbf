export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "plain" | "bad";
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

// Long enough to read and reach Undo by keyboard; pointing at the notices or focusing them stops the clock.
const SHOWN_MS = 8_000;
const MOST_SHOWN = 3;

/** The notices on screen. The oldest gives way when there are too many. */
export class Toasts {
  private list: readonly Toast[] = [];
  private next = 1;
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();
  private readonly watchers = new Set<() => void>();

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  read = (): readonly Toast[] => this.list;

  show(text: string, options: { tone?: Toast["tone"]; action?: Toast["action"] } = {}): number {
    const toast: Toast = {
      id: this.next++,
      text,
      tone: options.tone ?? "plain",
      action: options.action ?? null,
    };
    for (const old of this.list.slice(0, Math.max(0, this.list.length + 1 - MOST_SHOWN))) this.stop(old.id);
    this.set([...this.list, toast].slice(-MOST_SHOWN));
    this.arm(toast.id);
    return toast.id;
  }

  close = (id: number): void => {
    this.stop(id);
    this.set(this.list.filter((toast) => toast.id !== id));
  };

  act = (toast: Toast): void => {
    this.close(toast.id);
    toast.action?.run();
  };

  hold = (): void => {
    for (const toast of this.list) this.stop(toast.id);
  };

  release = (): void => {
    for (const toast of this.list) this.arm(toast.id);
  };

  private arm(id: number): void {
    this.stop(id);
    this.timers.set(
      id,
      setTimeout(() => this.close(id), SHOWN_MS),
    );
  }

  private stop(id: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
  }

  private set(list: readonly Toast[]): void {
    this.list = list;
    for (const watcher of [...this.watchers]) watcher();
  }
}

export const toasts = new Toasts();
