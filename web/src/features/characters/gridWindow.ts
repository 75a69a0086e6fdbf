import { type RefObject, useEffect, useEffectEvent, useState } from "react";

/** The part of a grid that is made: items from `first` up to `end`, and the empty space before and after. */
export interface GridWindow {
  readonly first: number;
  readonly end: number;
  readonly before: number;
  readonly after: number;
}

export interface GridSize {
  readonly columns: number;
  /** Height of a row with the gap below it. */
  readonly row: number;
}

// Rows beyond the view, so that a quick turn of the wheel does not meet emptiness.
const SPARE_ROWS = 3;

/** Which items of a grid lie in view: `top` is how far its beginning is above the top of the view. */
export function windowOf(count: number, { columns, row }: GridSize, top: number, height: number): GridWindow {
  const rows = Math.ceil(count / columns);
  const firstRow = Math.min(Math.max(0, Math.floor(top / row) - SPARE_ROWS), Math.max(0, rows - 1));
  const endRow = Math.min(rows, Math.max(firstRow + 1, Math.ceil((top + height) / row) + SPARE_ROWS));
  return {
    first: firstRow * columns,
    end: Math.min(count, endRow * columns),
    before: firstRow * row,
    after: (rows - endRow) * row,
  };
}

const AT_FIRST: GridWindow = { first: 0, end: 48, before: 0, after: 0 };

/** Keeps the window of the grid in `list` as `view` scrolls and changes its size. Rows must be of one height. */
export function useGridWindow(list: RefObject<HTMLElement | null>, count: number): GridWindow {
  const [shown, setShown] = useState(AT_FIRST);
  const measure = useEffectEvent(() => {
    const grid = list.current;
    const view = grid?.closest<HTMLElement>("#content");
    const item = grid?.firstElementChild;
    if (grid == null || view == null || !(item instanceof HTMLElement)) return;
    const style = getComputedStyle(grid);
    const size = {
      columns: style.gridTemplateColumns.split(" ").length,
      row: item.offsetHeight + Number.parseFloat(style.rowGap || "0"),
    };
    const top = view.getBoundingClientRect().top - grid.getBoundingClientRect().top;
    const next = windowOf(count, size, top, view.clientHeight);
    setShown((now) =>
      now.first === next.first && now.end === next.end && now.after === next.after ? now : next,
    );
  });
  useEffect(() => {
    const view = list.current?.closest<HTMLElement>("#content");
    if (view == null) return;
    const onScroll = () => measure();
    // It also tells of the size at once, which is the first measure, and the one after more items came.
    const sizes = new ResizeObserver(onScroll);
    sizes.observe(view);
    view.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      sizes.disconnect();
      view.removeEventListener("scroll", onScroll);
    };
  }, [list, count]);
  return shown;
}
