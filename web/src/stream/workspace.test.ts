import { afterEach, describe, expect, test } from "vitest";
import { type WorkspaceEvent, WorkspaceEvents } from "./workspace";

function frame(id: string | null, type: string, data: unknown): string {
  return `${id === null ? "" : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify({ id, type, ts: "", data })}\n\n`;
}

const answer = (text: string) => new Response(text, { headers: { "Content-Type": "text/event-stream" } });

let events: WorkspaceEvents | null = null;
afterEach(() => events?.stop());

/** Answers one connection after the other; the last is left open. */
function follow(...answers: (() => Response)[]) {
  const asked: (string | null)[] = [];
  const heard: WorkspaceEvent[] = [];
  const states: string[] = [];
  let reached: () => void = () => undefined;
  const end = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const followed = new WorkspaceEvents({
    open: (lastEventId, signal) => {
      asked.push(lastEventId);
      const next = answers.shift();
      if (next !== undefined) return Promise.resolve().then(next);
      reached();
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError"))),
      );
    },
    wait: () => Promise.resolve(),
    random: () => 0,
  });
  followed.listen((event) => heard.push(event));
  followed.watch(() => states.push(followed.readState()));
  followed.start();
  events = followed;
  return { asked, heard, states, end };
}

describe("the workspace's events", () => {
  test("are told in order and resumed from the last id", async () => {
    const line = follow(
      () =>
        answer(frame("7", "chat.changed", { chatId: "c1" }) + frame("8", "message.added", { chatId: "c1" })),
      () => answer(frame("9", "generation.settled", { chatId: "c1" })),
    );
    await line.end;
    expect(line.heard.map((event) => event.type)).toEqual([
      "chat.changed",
      "message.added",
      "generation.settled",
    ]);
    expect(line.asked).toEqual([null, "8", "9"]);
    expect(line.states).toEqual(["open", "lost", "open", "lost"]);
  });

  test("ask for everything again when there was no id to resume from", async () => {
    const line = follow(
      () => answer(": hello\n\n"),
      () => answer(": hello\n\n"),
    );
    await line.end;
    expect(line.heard).toEqual([{ type: "workspace.resync", data: {} }]);
  });

  test("come back after refusals and broken answers", async () => {
    const line = follow(
      () => {
        throw new TypeError("refused");
      },
      () => new Response("<html>", { status: 502 }),
      () => answer(frame("1", "job.progress", { jobId: "j" })),
    );
    await line.end;
    expect(line.heard).toEqual([
      { type: "workspace.resync", data: {} },
      { type: "job.progress", data: { jobId: "j" } },
    ]);
  });

  test("leave out what this page does not know", async () => {
    const line = follow(() => answer(frame("1", "party.changed", {}) + frame("2", "chat.changed", {})));
    await line.end;
    expect(line.heard.map((event) => event.type)).toEqual(["chat.changed"]);
    expect(line.asked).toEqual([null, "2"]);
  });
});
