import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Toasts } from "./toasts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const texts = (toasts: Toasts) => toasts.read().map((toast) => toast.text);

describe("notices", () => {
  test("go by themselves, and wait while they are held", () => {
    const toasts = new Toasts();
    toasts.show("Chat deleted");
    toasts.hold();
    vi.advanceTimersByTime(60_000);
    expect(texts(toasts)).toEqual(["Chat deleted"]);
    toasts.release();
    vi.advanceTimersByTime(8_000);
    expect(texts(toasts)).toEqual([]);
  });

  test("run their action once and close", () => {
    const toasts = new Toasts();
    const undo = vi.fn();
    toasts.show("Chat deleted", { action: { label: "Undo", run: undo } });
    for (const toast of toasts.read()) toasts.act(toast);
    expect(undo).toHaveBeenCalledOnce();
    expect(texts(toasts)).toEqual([]);
  });

  test("give way to newer ones", () => {
    const toasts = new Toasts();
    for (const text of ["a", "b", "c", "d"]) toasts.show(text);
    expect(texts(toasts)).toEqual(["b", "c", "d"]);
  });

  test("give the same list until something changes, as React needs", () => {
    const toasts = new Toasts();
    toasts.show("a");
    expect(toasts.read()).toBe(toasts.read());
  });
});
