import { apply, NEW_TURN, type TurnEvent, type TurnState } from "./turn";

type Listener = () => void;
type Schedule = (run: () => void) => void;

/**
 * Turns being written now, outside React, by the key of their message. A listener hears of its own message
 * only, and at most once a frame however many deltas came: a list of messages is never rendered per delta.
 */
export class LiveTurns {
  private readonly turns = new Map<string, TurnState>();
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly dirty = new Set<string>();

  constructor(private readonly schedule: Schedule = nextFrame) {}

  get(key: string): TurnState | undefined {
    return this.turns.get(key);
  }

  begin(key: string): void {
    this.turns.set(key, NEW_TURN);
    this.touch(key);
  }

  apply(key: string, event: TurnEvent): TurnState {
    const next = apply(this.turns.get(key) ?? NEW_TURN, event);
    this.turns.set(key, next);
    this.touch(key);
    return next;
  }

  /** The message got its real id. Both keys are told. */
  rename(from: string, to: string): void {
    const state = this.turns.get(from);
    if (state === undefined || from === to) return;
    this.turns.delete(from);
    this.turns.set(to, state);
    this.touch(from);
    this.touch(to);
  }

  drop(key: string): void {
    if (this.turns.delete(key)) this.touch(key);
  }

  subscribe(key: string, listener: Listener): () => void {
    const group = this.listeners.get(key) ?? new Set();
    this.listeners.set(key, group.add(listener));
    return () => {
      group.delete(listener);
      if (group.size === 0) this.listeners.delete(key);
    };
  }

  private touch(key: string): void {
    if (this.dirty.size === 0) this.schedule(() => this.flush());
    this.dirty.add(key);
  }

  private flush(): void {
    const keys = [...this.dirty];
    this.dirty.clear();
    for (const key of keys) for (const listener of [...(this.listeners.get(key) ?? [])]) listener();
  }
}

/** The next frame; a hidden page gets no frames, so there a timer stands in. */
function nextFrame(run: () => void): void {
  if (document.hidden) setTimeout(run, 100);
  else requestAnimationFrame(run);
}
