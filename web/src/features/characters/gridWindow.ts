import { type RefObject, useEffect, useEffectEvent, useRef, useState } from "react";

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
  // Measuring makes the browser lay out, so it is done when a size changes and not while scrolling.
  const size = useRef<GridSize & { readonly top: number; readonly height: number }>(null);
  const follow = useEffectEvent((view: HTMLElement) => {
    if (size.current === null) return;
    const { top, height } = size.current;
    const next = windowOf(count, size.current, view.scrollTop - top, height);
    setShown((now) =>
      now.first === next.first && now.end === next.end && now.after === next.after ? now : next,
    );
  });
  useEffect(() => {
    const grid = list.current;
    const view = grid?.closest<HTMLElement>("#content");
    if (grid?.parentElement == null || view == null) return;
    const onScroll = () => follow(view);
    const onResize = () => {
      size.current = measure(grid, view);
      follow(view);
    };
    // Of the parent too: what stands above the grid may come and go. It tells of the sizes at once.
    const sizes = new ResizeObserver(onResize);
    sizes.observe(view);
    sizes.observe(grid.parentElement);
    view.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      sizes.disconnect();
      view.removeEventListener("scroll", onScroll);
    };
  }, [list]);
  useEffect(() => {
    const view = list.current?.closest<HTMLElement>("#content");
    if (view != null) follow(view);
  }, [list, count]);
  return shown;
}

/** The size of the grid's rows, how far below the beginning of the view's content it begins, and the view's height. */
function measure(grid: HTMLElement, view: HTMLElement) {
  const item = grid.firstElementChild;
  if (!(item instanceof HTMLElement)) return null;
  const style = getComputedStyle(grid);
  return {
    columns: style.gridTemplateColumns.split(" ").length,
    row: item.offsetHeight + Number.parseFloat(style.rowGap || "0"),
    top: grid.getBoundingClientRect().top - view.getBoundingClientRect().top + view.scrollTop,
    height: view.clientHeight,
  };
}
