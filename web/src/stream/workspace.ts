import { ApiError, readApiError } from "@/api/errors";
import { backoff, pause } from "./backoff";
import { LineLost, openLine, readFrames } from "./read";
import type { SseFrame } from "./sse";

export type WorkspaceEventType =
  | "chat.changed"
  | "message.added"
  | "generation.started"
  | "generation.settled"
  | "job.progress"
  | "workspace.resync";

export interface WorkspaceEvent {
  readonly type: WorkspaceEventType;
  readonly data: Readonly<Record<string, unknown>>;
}

export type LineState = "connecting" | "open" | "lost";

export interface WorkspaceOptions {
  readonly open: (lastEventId: string | null, signal: AbortSignal) => Promise<Response>;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random?: () => number;
}

type Listener = (event: WorkspaceEvent) => void;

const TYPES: ReadonlySet<string> = new Set<WorkspaceEventType>([
  "chat.changed",
  "message.added",
  "generation.started",
  "generation.settled",
  "job.progress",
  "workspace.resync",
]);

/**
 * The workspace's changes, over one connection that mends itself. After a break it resumes from the last id;
 * the server says `workspace.resync` when that is too old, and listeners then read everything again.
 */
export class WorkspaceEvents {
  state: LineState = "connecting";
  private begun = false;
  private lastEventId: string | null = null;
  private running: AbortController | null = null;
  private readonly listeners = new Set<Listener>();
  private readonly watchers = new Set<() => void>();

  constructor(private readonly options: WorkspaceOptions) {}

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  readState = (): LineState => this.state;

  /** Connects unless connected. Browsers allow six connections a host: a hidden page should `stop`. */
  start(): void {
    if (this.running !== null) return;
    this.running = new AbortController();
    void this.run(this.running.signal);
  }

  stop(): void {
    this.running?.abort();
    this.running = null;
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { wait = pause, random = Math.random } = this.options;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await this.connect(signal, () => {
          attempt = 0;
        });
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it may abort during the await
        if (signal.aborted) return;
        if (!(error instanceof LineLost || error instanceof ApiError)) throw error;
      }
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it may abort during the await
      if (signal.aborted) return;
      this.setState("lost");
      await wait(backoff(attempt, random()), signal);
    }
  }

  private async connect(signal: AbortSignal, onOpen: () => void): Promise<void> {
    const isFirst = !this.begun;
    this.begun = true;
    const response = await openLine(() => this.options.open(this.lastEventId, signal), signal);
    if (!response.ok) throw await readApiError(response);
    onOpen();
    this.setState("open");
    // Without an id there is nothing to resume from, and what changed meanwhile went unheard.
    if (!isFirst && this.lastEventId === null) this.tell({ type: "workspace.resync", data: {} });
    await readFrames(response, (frame) => {
      this.take(frame);
      return false;
    });
  }

  private take(frame: SseFrame): void {
    this.lastEventId = frame.id ?? this.lastEventId;
    if (!TYPES.has(frame.event)) return;
    const body = JSON.parse(frame.data) as { data?: Record<string, unknown> };
    this.tell({ type: frame.event as WorkspaceEventType, data: body.data ?? {} });
  }

  private tell(event: WorkspaceEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }

  private setState(state: LineState): void {
    if (this.state === state) return;
    this.state = state;
    for (const watcher of [...this.watchers]) watcher();
  }
}
