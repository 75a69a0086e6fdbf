// @vitest-environment jsdom
import { describe, expect, test } from "vitest";
import { renderBlocks } from "./render";

const read = (html: string) => html.replaceAll("&quot;", '"').trim();
const render = (text: string) => read(renderBlocks(text).join(""));

describe("a story's text", () => {
  test("shows actions as emphasis and speech as quotes", () => {
    expect(render('*She smiles.* "Come *in*, please."')).toBe(
      '<p><em>She smiles.</em> <q>"Come <em>in</em>, please."</q></p>',
    );
    expect(render("*«Тише», — шепчет она.*")).toBe("<p><em><q>«Тише»</q>, — шепчет она.</em></p>");
    expect(render("“One” and „two“ and 「three」")).toBe(
      "<p><q>“One”</q> and <q>„two“</q> and <q>「three」</q></p>",
    );
  });

  test("leaves a quotation that crosses other marks, or has no end, as it is", () => {
    expect(render('"Where *are" you*')).toBe('<p>"Where <em>are" you</em></p>');
    expect(render('a 6" pipe')).toBe('<p>a 6" pipe</p>');
    expect(render('`say "x"`')).toBe('<p><code>say "x"</code></p>');
  });

  test("shows a quotation that is still being written as one", () => {
    const grow = (text: string) => renderBlocks(text, { growing: true }).map(read);
    expect(grow('He: "Come *in*, pl')).toEqual(['<p>He: <q>"Come <em>in</em>, pl</q></p>']);
    expect(grow('6" pipe\n\nend')[0]).toBe('<p>6" pipe</p>');
  });

  test("keeps single line breaks and does not take an indent for code", () => {
    expect(render("one\ntwo")).toBe("<p>one<br>\ntwo</p>");
    expect(render("    Once upon a time")).toBe("<p>Once upon a time</p>");
  });

  test("shows what stands in angle brackets and runs nothing", () => {
    expect(render("<script>alert(1)</script>")).toBe("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
    expect(render('<img src=x onerror="alert(1)">')).not.toContain("<img");
    expect(render("[x](javascript:alert(1))")).not.toContain("<a");
    expect(render("[x](data:text/html,hi)")).not.toContain("<a");
  });

  test("asks no other host for a picture", () => {
    expect(render("![cat](https://example.org/cat.png)")).not.toContain("<img");
  });

  test("opens links outside and says nothing of where they came from", () => {
    expect(render("[x](https://example.org/)")).toBe(
      '<p><a href="https://example.org/" target="_blank" rel="noopener noreferrer nofollow">x</a></p>',
    );
  });

  test("changes only the last blocks while it grows", () => {
    const text = 'First *one*.\n\n- a\n- b\n\n"Third" one.\n\n```\ncode\n```\n\nlast';
    const whole = renderBlocks(text);
    expect(whole).toHaveLength(5);
    for (let length = 1; length < text.length; length += 1) {
      const part = renderBlocks(text.slice(0, length));
      expect(part.slice(0, -2)).toEqual(whole.slice(0, Math.max(0, part.length - 2)));
    }
  });
});
