import { describe, expect, test, vi } from "vitest";
import { type Command, Commands, filterCommands, matchesKey } from "./commands";

const press = (key: string, held: "ctrlKey" | "metaKey" | "altKey" | null = null) => ({
  key,
  ctrlKey: held === "ctrlKey",
  metaKey: held === "metaKey",
  altKey: held === "altKey",
});
const command = (id: string, rest: Partial<Command> = {}): Command => ({
  id,
  title: id,
  run: vi.fn(),
  ...rest,
});

describe("keys", () => {
  test("take Control and Command for mod, and nothing without it", () => {
    expect(matchesKey("mod+k", press("k", "ctrlKey"))).toBe(true);
    expect(matchesKey("mod+k", press("K", "metaKey"))).toBe(true);
    expect(matchesKey("mod+k", press("k"))).toBe(false);
    expect(matchesKey("?", press("?"))).toBe(true);
    expect(matchesKey("?", press("?", "altKey"))).toBe(false);
  });
});

describe("commands", () => {
  test("of the page on top win over those below", () => {
    const commands = new Commands();
    commands.add([command("shell", { keys: "Escape" })]);
    const leave = commands.add([command("page", { keys: "Escape" })]);
    expect(commands.find(press("Escape"), false)?.id).toBe("page");
    leave();
    expect(commands.find(press("Escape"), false)?.id).toBe("shell");
  });

  test("do not fire while someone types, unless they say so", () => {
    const commands = new Commands();
    commands.add([command("help", { keys: "?" }), command("stop", { keys: "Escape", whileTyping: true })]);
    expect(commands.find(press("?"), true)).toBeNull();
    expect(commands.find(press("Escape"), true)?.id).toBe("stop");
  });

  test("are found by words in any order", () => {
    const all = [command("a", { title: "Тёмное оформление" }), command("b", { title: "Go to: Chats" })];
    expect(filterCommands(all, "оформ тём").map(({ id }) => id)).toEqual(["a"]);
    expect(filterCommands(all, "chats go").map(({ id }) => id)).toEqual(["b"]);
    expect(filterCommands(all, "  ")).toHaveLength(2);
  });
});
