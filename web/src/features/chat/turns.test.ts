// @vitest-environment jsdom
import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Message } from "@/api/client";
import { LiveTurns } from "@/stream/live";
import { messagesKey } from "./api";
import { Outbox } from "./outbox";
import { listMessages, type MessagePages } from "./pages";
import { createMessage, createPage, createPages } from "./testing";
import { ChatTurns } from "./turns";

const AT = { chatId: "c1", branchId: "b1" };
const META = {
  generationId: "g1",
  chatId: "c1",
  branchId: "b1",
  userMessageId: "m1",
  assistantMessageId: "m2",
  variantId: "v2",
};
const ANSWERED = [
  createMessage(0),
  createMessage(1, { promptText: "Hi" }),
  createMessage(2, { promptText: "Hello" }),
];

function frame(id: string, type: string, data: unknown): string {
  return `id: ${id}\nevent: llm.stream.${type}\ndata: ${JSON.stringify({ id, type, ts: "", data })}\n\n`;
}

/** A stream that the test writes. */
class Line {
  readonly response: Response;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor() {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.controller = controller;
      },
    });
    this.response = new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  async say(text: string): Promise<void> {
    this.controller?.enqueue(new TextEncoder().encode(text));
    await settle();
  }
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly operation: string | null;
}

/** The server of a test: answers by method and path, and remembers what was asked. */
function createServer(answers: Record<string, () => Response>) {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", (input: string | Request, init?: RequestInit) => {
    const request = new Request(new URL(typeof input === "string" ? input : input.url, location.origin), {
      method: typeof input === "string" ? (init?.method ?? "GET") : input.method,
      headers: typeof input === "string" ? (init?.headers ?? {}) : input.headers,
    });
    const path = new URL(request.url).pathname;
    asked.push({ method: request.method, path, operation: request.headers.get("X-Operation-Id") });
    const answer = answers[`${request.method} ${path}`];
    return Promise.resolve(
      answer === undefined ? json({ code: "http.not_found", message: path }, 404) : answer(),
    );
  });
  return asked;
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

let queries: QueryClient;
let turns: ChatTurns;

const shown = () => listMessages(queries.getQueryData<MessagePages>(messagesKey(AT)) ?? { pages: [] });
const texts = () => shown().map((message) => message.promptText);
const listed = (items: readonly Message[]) => () => json({ items, nextCursor: null });

beforeEach(() => {
  queries = new QueryClient();
  queries.setQueryData(messagesKey(AT), createPages(createPage(0, 0)));
  turns = new ChatTurns(queries, new LiveTurns(() => undefined), new Outbox(), (error) => {
    throw error;
  });
});

afterEach(() => void vi.unstubAllGlobals());

describe("sending", () => {
  test("shows the message at once, then the answer as it grows, then what the server has", async () => {
    const line = new Line();
    createServer({
      "POST /v1/chats/c1/messages": () => line.response,
      "GET /v1/chats/c1/messages": listed(ANSWERED),
    });
    const sent = turns.send(AT, "Hi");
    expect(turns.outbox.list("b1").map((message) => message.text)).toEqual(["Hi"]);
    expect(texts()).toEqual(["text 0"]);

    await line.say(frame("0.0", "meta", META) + frame("0.3", "delta", { content: "Hel" }));
    expect(turns.outbox.list("b1")).toEqual([]);
    expect(shown().map(({ id, state }) => [id, state])).toEqual([
      ["m0", "settled"],
      ["m1", "settled"],
      ["m2", "streaming"],
    ]);
    expect(turns.live.get("m2")?.text).toBe("Hel");

    await line.say(frame("0.5", "done", { finalText: "Hello", finishReason: "stop" }));
    await sent;
    await settle();
    expect(texts()).toEqual(["text 0", "Hi", "Hello"]);
    expect(turns.live.get("m2")).toBeUndefined();
  });

  test("keeps a refused message with the reason, and sends it again as the same operation", async () => {
    const asked = createServer({
      "POST /v1/chats/c1/messages": () => json({ code: "model.not_ready", message: "Connect a model." }, 503),
    });
    await turns.send(AT, "Hi");
    const [kept] = turns.outbox.list("b1");
    expect(kept).toMatchObject({
      text: "Hi",
      failure: { code: "model.not_ready", message: "Connect a model." },
    });
    expect(texts()).toEqual(["text 0"]);
    await turns.send(AT, "Hi", kept?.id);
    expect(turns.outbox.list("b1")).toHaveLength(1);
    expect(asked[0]?.operation).toBe(asked[1]?.operation);
  });

  test("is not doubled by events that come before its own stream", async () => {
    const line = new Line();
    createServer({
      "POST /v1/chats/c1/messages": () => line.response,
      "GET /v1/chats/c1/messages": listed(ANSWERED),
    });
    void turns.send(AT, "Hi");
    await turns.refresh(AT);
    expect(texts()).toEqual(["text 0"]);
    await line.say(frame("0.0", "meta", META));
    await turns.refresh(AT);
    expect(texts()).toEqual(["text 0", "Hi", "Hello"]);
  });
});

describe("a turn found going on", () => {
  const streaming = createMessage(2, { state: "streaming", generationId: "g1", promptText: "He" });

  test("is followed once, from its beginning", async () => {
    const line = new Line();
    const asked = createServer({ "GET /v1/generations/g1/events": () => line.response });
    turns.attach(AT, [streaming]);
    turns.attach(AT, [{ ...streaming }]);
    await line.say(frame("0.0", "meta", META) + frame("0.4", "delta", { content: "Hell" }));
    expect(asked).toHaveLength(1);
    expect(turns.live.get("m2")?.text).toBe("Hell");
  });

  test("is left without being stopped", async () => {
    const line = new Line();
    const asked = createServer({ "GET /v1/generations/g1/events": () => line.response });
    turns.attach(AT, [streaming]);
    await line.say(frame("0.0", "meta", META));
    turns.leave(AT);
    expect(turns.live.get("m2")).toBeUndefined();
    expect(asked.some(({ path }) => path.endsWith("/abort"))).toBe(false);
  });

  test("shows why when it cannot be followed", async () => {
    queries.setQueryData(
      messagesKey(AT),
      createPages({ items: [streaming], hasOlder: false, hasNewer: false }),
    );
    createServer({
      "GET /v1/generations/g1/events": () => json({ code: "generation.not_found", message: "gone" }, 404),
    });
    turns.attach(AT, [streaming]);
    await settle();
    expect(shown()[0]?.state).toBe("error");
    expect(queries.getQueryData(["generations", "g1", "failure"])).toMatchObject({
      code: "generation.not_found",
      message: "gone",
    });
  });
});

describe("stopping", () => {
  test("asked before the server named the generation is done as soon as it does", async () => {
    const line = new Line();
    const asked = createServer({
      "POST /v1/chats/c1/messages": () => line.response,
      "POST /v1/generations/g1/abort": () => json({ id: "g1" }, 202),
    });
    void turns.send(AT, "Hi");
    await turns.stop(AT);
    expect(asked.some(({ path }) => path.endsWith("/abort"))).toBe(false);
    await line.say(frame("0.0", "meta", META));
    expect(asked.filter(({ path }) => path === "/v1/generations/g1/abort")).toHaveLength(1);
  });
});

describe("writing anew", () => {
  test("turns the message to streaming, and a failure of the answer stays with it", async () => {
    const line = new Line();
    const failed = createMessage(0, { state: "error", promptText: "half", generationId: "g1" });
    createServer({
      "POST /v1/messages/m0/regenerate": () => line.response,
      "GET /v1/chats/c1/messages": listed([failed]),
    });
    const written = turns.regenerate(AT, createMessage(0));
    await line.say(frame("0.0", "meta", { ...META, assistantMessageId: "m0" }));
    expect(shown()[0]).toMatchObject({
      state: "streaming",
      generationId: "g1",
      selectedVariantId: META.variantId,
      variantCount: 2,
    });
    await line.say(
      frame("0.4", "delta", { content: "half" }) +
        frame("0.4", "error", { code: "upstream.cut", message: "cut" }),
    );
    expect(await written).toBeNull();
    expect(shown()[0]).toMatchObject({ state: "error", promptText: "half" });
    expect(queries.getQueryData(["generations", "g1", "failure"])).toEqual({
      code: "upstream.cut",
      message: "cut",
    });
  });

  test("answers with the reason when the server refuses", async () => {
    createServer({
      "POST /v1/messages/m0/regenerate": () => json({ code: "generation.in_progress", message: "wait" }, 409),
      "GET /v1/chats/c1/messages": listed([createMessage(0)]),
    });
    expect(await turns.regenerate(AT, createMessage(0))).toMatchObject({
      code: "generation.in_progress",
      message: "wait",
    });
    expect(turns.live.get("m0")).toBeUndefined();
    expect(shown()[0]?.state).toBe("settled");
  });
});

describe("writing for the user", () => {
  test("stores no message: the text goes to the writer as it grows, whole at the end", async () => {
    const line = new Line();
    createServer({
      "POST /v1/chats/c1/generate": () => line.response,
      "GET /v1/chats/c1/messages": listed([createMessage(0)]),
    });
    const heard: string[] = [];
    const written = turns.impersonate(AT, (text) => heard.push(text));
    await line.say(frame("0.0", "meta", { ...META, userMessageId: null, assistantMessageId: null }));
    await line.say(frame("0.2", "delta", { content: "I " }) + frame("0.6", "delta", { content: "wave" }));
    await line.say(frame("0.6", "done", { finalText: "I wave.", finishReason: "stop" }));
    expect(await written).toBeNull();
    await settle();
    expect(heard).toEqual(["I ", "I wave", "I wave."]);
    expect(texts()).toEqual(["text 0"]);
  });
});
