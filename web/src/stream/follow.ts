import { ApiError, readApiError } from "@/api/errors";
import { backoff, pause } from "./backoff";
import { LineLost, openLine, readFrames } from "./read";
import { decodeTurnEvent, type TurnEvent } from "./turn";

export interface FollowOptions {
  /** Starts the turn. Asked again with the same operation id until `meta` came, so it has one effect. */
  readonly start?: (signal: AbortSignal) => Promise<Response>;
  /** Re-attaches: the text after `lastEventId`, or all of it when that is null. */
  readonly resume: (
    generationId: string,
    lastEventId: string | null,
    signal: AbortSignal,
  ) => Promise<Response>;
  /** Needed when there is no `start`: the generation to attach to. */
  readonly generationId?: string;
  readonly onEvent: (event: TurnEvent) => void;
  readonly signal: AbortSignal;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random?: () => number;
}

// A turn that never began is given back to the writer after about 6 s; one that began is followed for ever.
const START_ATTEMPTS = 5;

/**
 * Follows one turn to its terminal frame over any number of connections, without a gap or a double.
 * Returns after the terminal frame or when `signal` aborts. Throws `ApiError` when the server refuses, and
 * `LineLost` when the turn could not be started at all.
 */
export async function followTurn(options: FollowOptions): Promise<void> {
  const { signal, wait = pause, random = Math.random } = options;
  const line = new Line(options);
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const progressBefore = line.frames;
    try {
      if (await line.run()) return;
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it may abort during the await
      if (signal.aborted) return;
      if (!line.mayRetry(error, attempt)) throw error;
    }
    options.onEvent({ type: "lost" });
    if (line.frames > progressBefore) attempt = 0;
    await wait(backoff(attempt, random()), signal);
  }
}

/** What is known over all connections of one turn. */
class Line {
  frames = 0;
  private runs = 0;
  private generationId: string | null;
  private position: string | null = null;

  constructor(private readonly options: FollowOptions) {
    this.generationId = options.generationId ?? null;
  }

  mayRetry(error: unknown, attempt: number): boolean {
    const begun = this.generationId !== null;
    if (!begun && attempt + 1 >= START_ATTEMPTS) return false;
    if (error instanceof LineLost) return true;
    return error instanceof ApiError && error.isTemporary && (begun || !error.isSaid);
  }

  /** One connection. Answers whether the turn has ended. */
  async run(): Promise<boolean> {
    const { signal, onEvent } = this.options;
    this.runs += 1;
    const response = await openLine(() => this.open(), signal);
    if (!response.ok) throw await readApiError(response);
    if (this.runs > 1) onEvent({ type: "back" });
    if (this.frames > 0 && this.position === null) onEvent({ type: "restart" });
    return readFrames(response, (frame) => {
      this.frames += 1;
      this.position = frame.id ?? this.position;
      const event = decodeTurnEvent(frame);
      if (event === null) return false;
      if (event.type === "meta") this.generationId = event.meta.generationId;
      onEvent(event);
      return event.type === "done" || event.type === "aborted" || event.type === "error";
    });
  }

  private open(): Promise<Response> {
    const { start, resume, signal } = this.options;
    if (this.generationId !== null) return resume(this.generationId, this.position, signal);
    if (start === undefined) throw new Error("followTurn needs start or generationId");
    return start(signal);
  }
}
