import { describe, expect, test } from "vitest";
import { ApiError } from "@/api/errors";
import { followTurn } from "./follow";
import { LineLost } from "./read";
import { apply, NEW_TURN, type TurnEvent } from "./turn";

const TEXT = "Однажды in a quiet town, a 🐉 slept.";
const REFUSED = () => Promise.reject(new TypeError("fetch failed"));

function frame(id: string, type: string, data: unknown): string {
  return `id: ${id}\nevent: llm.stream.${type}\ndata: ${JSON.stringify({ id, type, ts: "", data })}\n\n`;
}

const META = frame("0.0", "meta", { generationId: "g1", assistantMessageId: "m2" });
const DONE = frame(`0.${TEXT.length}`, "done", { finalText: TEXT, finishReason: "stop" });

function deltas(from: number, to: number): string {
  let out = "";
  for (let at = from; at < to; at += 1) out += frame(`0.${at + 1}`, "delta", { content: TEXT[at] });
  return out;
}

/** A body in odd pieces, which then ends, or breaks like a cut connection. */
function answer(text: string, broken = false, piece = 7): Response {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at + piece));
      else if (broken) controller.error(new TypeError("network error"));
      else controller.close();
      at += piece;
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

function failure(status: number, body: unknown): Response {
  return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
}

function listen() {
  const events: TurnEvent[] = [];
  const waits: number[] = [];
  return {
    events,
    waits,
    state: () => events.reduce(apply, NEW_TURN),
    options: {
      onEvent: (event: TurnEvent) => void events.push(event),
      signal: new AbortController().signal,
      wait: (ms: number) => {
        waits.push(ms);
        return Promise.resolve();
      },
      random: () => 1,
    },
  };
}

describe("following a turn", () => {
  test("ends with the terminal frame, whatever comes after it", async () => {
    const heard = listen();
    await followTurn({
      ...heard.options,
      start: async () => answer(META + deltas(0, TEXT.length) + DONE + META),
      resume: REFUSED,
    });
    expect(heard.state()).toMatchObject({ phase: "done", text: TEXT });
    expect(heard.events.filter((event) => event.type === "meta")).toHaveLength(1);
  });

  test("goes on after every cut from the last position, without a gap or a double", async () => {
    for (let cut = 0; cut <= TEXT.length; cut += 1) {
      const heard = listen();
      const asked: (string | null)[] = [];
      await followTurn({
        ...heard.options,
        start: async () => answer(META + deltas(0, cut), true),
        resume: async (generation, position) => {
          expect(generation).toBe("g1");
          asked.push(position);
          const from = Number(position?.split(".")[1]);
          return answer(deltas(from, TEXT.length) + DONE);
        },
      });
      expect(asked).toEqual([`0.${cut}`]);
      const sum = heard.events.map((event) => (event.type === "delta" ? event.content : "")).join("");
      expect(sum).toBe(TEXT);
    }
  });

  test("says that the line was lost and is back", async () => {
    const heard = listen();
    await followTurn({
      ...heard.options,
      start: async () => answer(META + deltas(0, 3)),
      resume: async () => answer(DONE),
    });
    expect(heard.events.map((event) => event.type)).toEqual([
      "meta",
      "delta",
      "delta",
      "delta",
      "lost",
      "back",
      "done",
    ]);
  });

  test("starts again with the same request while the server is away", async () => {
    const heard = listen();
    let attempts = 0;
    await followTurn({
      ...heard.options,
      start: () => {
        attempts += 1;
        return attempts < 3 ? REFUSED() : Promise.resolve(answer(META + DONE));
      },
      resume: REFUSED,
    });
    expect(attempts).toBe(3);
    expect(heard.waits).toEqual([400, 800]);
  });

  test("gives a turn that never began back to the writer", async () => {
    const heard = listen();
    await expect(followTurn({ ...heard.options, start: REFUSED, resume: REFUSED })).rejects.toBeInstanceOf(
      LineLost,
    );
    expect(heard.waits).toHaveLength(4);
  });

  test("waits out a restart of the server behind a proxy, with growing pauses", async () => {
    const heard = listen();
    let attempts = 0;
    await followTurn({
      ...heard.options,
      generationId: "g1",
      resume: () => {
        attempts += 1;
        return Promise.resolve(attempts < 9 ? failure(502, "<html>") : answer(META + DONE));
      },
    });
    expect(heard.waits).toEqual([400, 800, 1600, 3200, 6400, 12800, 15000, 15000]);
    expect(heard.state().phase).toBe("done");
  });

  test("does not repeat what the server refused", async () => {
    const heard = listen();
    const body = { code: "model.not_ready", message: "Connect a model.", trace_id: "t", details: null };
    const refused = followTurn({ ...heard.options, start: async () => failure(503, body), resume: REFUSED });
    await expect(refused).rejects.toMatchObject({
      code: "model.not_ready",
      message: "Connect a model.",
      traceId: "t",
    });
    expect(heard.waits).toEqual([]);
  });

  test("stops when the generation is gone", async () => {
    const heard = listen();
    const gone = followTurn({
      ...heard.options,
      generationId: "g1",
      resume: async () => failure(404, { code: "generation.not_found", message: "gone" }),
    });
    await expect(gone).rejects.toBeInstanceOf(ApiError);
  });

  test("begins the text again when it has no position to resume from", async () => {
    const heard = listen();
    const bare = (text: string) => text.replaceAll(/^id: .*\n/gm, "");
    await followTurn({
      ...heard.options,
      start: async () => answer(bare(META + deltas(0, 5)), true),
      resume: async (_, position) => {
        expect(position).toBeNull();
        return answer(bare(META + deltas(0, TEXT.length) + DONE));
      },
    });
    const restart = heard.events.findIndex((event) => event.type === "restart");
    const after = heard.events.slice(restart).map((event) => (event.type === "delta" ? event.content : ""));
    expect(after.join("")).toBe(TEXT);
  });

  test("leaves quietly when it is told to", async () => {
    const heard = listen();
    const leaving = new AbortController();
    const silent = new ReadableStream<Uint8Array>({
      start: (stream) =>
        leaving.signal.addEventListener("abort", () => stream.error(new DOMException("", "AbortError"))),
    });
    const following = followTurn({
      ...heard.options,
      signal: leaving.signal,
      start: async () => new Response(silent),
      resume: REFUSED,
    });
    leaving.abort();
    await following;
    expect(heard.events).toEqual([]);
  });
});
