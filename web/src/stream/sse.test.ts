import { describe, expect, test } from "vitest";
import { createSseParser, type SseFrame } from "./sse";

function parseWhole(text: string): SseFrame[] {
  return createSseParser()(text);
}

const TURN =
  '\uFEFF: hello\r\nid: 0.0\nevent: llm.stream.meta\ndata: {"a":1}\n\n' +
  'id: 0.5\r\nevent: llm.stream.delta\r\ndata: {"content":"при"}\r\n\r\n' +
  ": heartbeat\r\r" +
  'id: 0.9\revent: llm.stream.delta\rdata: {"content":"вет"}\r\r' +
  "data: one\ndata:two\ndata:  three\n\n";

describe("the event stream parser", () => {
  test("reads LF, CR and CRLF lines, comments and a byte order mark", () => {
    expect(parseWhole(TURN)).toEqual([
      { id: "0.0", event: "llm.stream.meta", data: '{"a":1}' },
      { id: "0.5", event: "llm.stream.delta", data: '{"content":"при"}' },
      { id: "0.9", event: "llm.stream.delta", data: '{"content":"вет"}' },
      { id: "0.9", event: "message", data: "one\ntwo\n three" },
    ]);
  });

  test("gives the same frames wherever the text is cut", () => {
    const whole = parseWhole(TURN);
    for (let cut = 0; cut <= TURN.length; cut += 1) {
      const parse = createSseParser();
      expect([...parse(TURN.slice(0, cut)), ...parse(TURN.slice(cut))]).toEqual(whole);
    }
    const parse = createSseParser();
    expect([...TURN].flatMap((letter) => parse(letter))).toEqual(whole);
  });

  test("holds a frame back until its empty line", () => {
    const parse = createSseParser();
    expect(parse("data: x\n")).toEqual([]);
    expect(parse("\n")).toEqual([{ id: null, event: "message", data: "x" }]);
  });

  test("remembers the id of a frame without data and does not dispatch it", () => {
    expect(parseWhole("id: 7\nevent: quiet\n\ndata: x\n\n")).toEqual([
      { id: "7", event: "message", data: "x" },
    ]);
  });

  test("ignores an id with a NUL and fields it does not know", () => {
    expect(parseWhole("id: a\0b\nretry: 10\nfoo\ndata\n\n")).toEqual([
      { id: null, event: "message", data: "" },
    ]);
  });
});
