import { createSseParser, type SseFrame } from "./sse";

/** The line broke: refused, cut, or silent for too long. The only failure that is worth another attempt. */
export class LineLost extends Error {
  override name = "LineLost";
}

// The server sends a comment every 15 s; two missed and some slack mean that nobody is there.
export const SILENCE_MS = 40_000;

/** Runs a request; what `fetch` reports as a network failure becomes `LineLost`. */
export async function openLine(request: () => Promise<Response>, signal: AbortSignal): Promise<Response> {
  try {
    return await request();
  } catch (error) {
    if (signal.aborted || !(error instanceof TypeError)) throw error;
    throw new LineLost("the server cannot be reached", { cause: error });
  }
}

/**
 * Hands every frame of `response` to `onFrame` until it returns true (then the rest is cancelled) or the
 * stream ends. Answers whether `onFrame` ended it. Throws `LineLost` on a break or a long silence.
 */
export async function readFrames(
  response: Response,
  onFrame: (frame: SseFrame) => boolean,
  silenceMs = SILENCE_MS,
): Promise<boolean> {
  if (response.body === null) throw new LineLost("the answer has no body");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parse = createSseParser();
  try {
    for (;;) {
      const { done, value } = await readOrLose(reader, silenceMs);
      if (done) return false;
      for (const frame of parse(value)) if (onFrame(frame)) return true;
    }
  } finally {
    // A cancel of a broken stream rejects with the break, which has been reported already.
    reader.cancel().catch(() => undefined);
  }
}

async function readOrLose(
  reader: ReadableStreamDefaultReader<string>,
  silenceMs: number,
): Promise<ReadableStreamReadResult<string>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LineLost("the server went silent")), silenceMs);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } catch (error) {
    throw error instanceof LineLost ? error : new LineLost("the stream was cut", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
