import { expect, test } from "vitest";
import { chooseFiles } from "./tavern";

const choose = (...paths: readonly string[]) =>
  chooseFiles(paths.map((path) => ({ path, file: new Blob() }))).map(({ path }) => path);

test("of a user's folder only what an import reads is taken", () => {
  const wanted = [
    "default-user/characters/Mira.png",
    "default-user/chats/Mira/one.jsonl",
    "default-user/User Avatars/me.png",
    "default-user/settings.json",
  ];
  expect(
    choose(...wanted, "default-user/backups/chat_mira.jsonl", "default-user/thumbnails/avatar/Mira.png"),
  ).toEqual(wanted);
});

test("users are found inside the program's own folder, all of them", () => {
  expect(
    choose(
      "SillyTavern/data/ada/characters/A.png",
      "SillyTavern/data/bob/worlds/B.json",
      "SillyTavern/public/scripts/x.js",
      "SillyTavern/data/cookie-secret.txt",
    ),
  ).toEqual(["SillyTavern/data/ada/characters/A.png", "SillyTavern/data/bob/worlds/B.json"]);
});

test("a folder of something else gives nothing", () => {
  expect(choose("holiday/1.png", "holiday/settings.json")).toEqual([]);
});
