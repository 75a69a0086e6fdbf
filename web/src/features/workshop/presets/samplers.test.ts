import { describe, expect, test } from "vitest";
import { listOthers, parseObject, replaceOthers, setParam } from "./samplers";

describe("sampler parameters", () => {
  const params = { temperature: 0.7, stop: ["\n"], dry_base: 1.75 };

  test("without a field of their own survive beside those that have one", () => {
    expect(listOthers(params)).toEqual({ dry_base: 1.75 });
    expect(replaceOthers(params, { mirostat: 2, temperature: 9 })).toEqual({
      temperature: 0.7,
      stop: ["\n"],
      mirostat: 2,
    });
  });

  test("are set and taken away one by one", () => {
    expect(setParam(params, "temperature", undefined)).toEqual({ stop: ["\n"], dry_base: 1.75 });
    expect(setParam(params, "top_p", 0.9)).toEqual({ ...params, top_p: 0.9 });
  });

  test("as text are an object or nothing", () => {
    expect(parseObject(' {"a": 1} ')).toEqual({ a: 1 });
    expect(parseObject("")).toEqual({});
    for (const text of ["{", "[1]", "3", "null"]) expect(parseObject(text)).toBeNull();
  });
});
