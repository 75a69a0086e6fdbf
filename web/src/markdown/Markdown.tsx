import { memo, useMemo } from "react";
import classes from "./Markdown.module.css";
import { renderBlocks } from "./render";

interface Props {
  readonly text: string;
  /** More of it is on its way. */
  readonly growing?: boolean;
}

/** A story's text. While it grows only the blocks that change are touched, so a selection above survives. */
export const Markdown = memo(function Markdown({ text, growing = false }: Props) {
  const blocks = useMemo(() => renderBlocks(text, { growing }), [text, growing]);
  return (
    <div className={classes.text} dir="auto">
      {blocks.map((html, index) => (
        <Block key={index} html={html} />
      ))}
    </div>
  );
});

// render.ts makes no raw HTML and sanitises what it makes, so this is no door for a text to act.
const Block = memo(function Block({ html }: { readonly html: string }) {
  return <div dangerouslySetInnerHTML={{ __html: html }} />;
});
