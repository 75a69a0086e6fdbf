import { useCallback, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";

const NEAR_END = 32;
// Well over a screen, so that a page is there before its place is.
const NEAR_EDGE = 1_600;
const ROW_OFFSET = 72;

interface Options {
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly onOlder: () => void;
  readonly onNewer: () => void;
}

/**
 * Scrolling of a list that grows at both ends. At the end it stays at the end; elsewhere the row at the top of
 * the view stays where it is, whatever is added, dropped or resized around it. Rows carry `data-row`.
 */
export function useAnchoredScroll<View extends HTMLElement, Content extends HTMLElement>(options: Options) {
  const scroller = useRef<View>(null);
  const content = useRef<Content>(null);
  const place = useRef<Place>({ atEnd: true, row: null, offset: 0, top: 0, height: 0 });
  const [away, setAway] = useState(false);

  const hold = useEffectEvent(() => {
    const view = scroller.current;
    if (view === null) return;
    restore(view, place.current);
    place.current = remember(view, place.current, options.hasNewer);
    askForMore(view, options);
  });
  const follow = useEffectEvent((view: HTMLElement) => {
    place.current = remember(view, place.current, options.hasNewer);
    setAway(!place.current.atEnd || options.hasNewer);
    askForMore(view, options);
  });

  useLayoutEffect(() => hold());

  useEffect(() => {
    const view = scroller.current;
    if (view === null || content.current === null) return;
    const onScroll = () => follow(view);
    const sizes = new ResizeObserver(() => hold());
    sizes.observe(content.current);
    sizes.observe(view);
    view.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      sizes.disconnect();
      view.removeEventListener("scroll", onScroll);
    };
  }, []);

  const toEnd = useCallback(() => {
    place.current = { ...place.current, atEnd: true };
    setAway(false);
    if (scroller.current !== null) restore(scroller.current, place.current);
  }, []);

  /** Stands at a row that is shown, a little below the top of the view. */
  const toRow = useCallback((row: string) => {
    place.current = { ...place.current, atEnd: false, row, offset: ROW_OFFSET };
    if (scroller.current !== null) restore(scroller.current, place.current);
  }, []);

  return { scroller, content, away, toEnd, toRow };
}

interface Place {
  readonly atEnd: boolean;
  readonly row: string | null;
  readonly offset: number;
  readonly top: number;
  readonly height: number;
}

function restore(view: HTMLElement, place: Place): void {
  if (place.atEnd) {
    view.scrollTop = view.scrollHeight;
    return;
  }
  const row =
    place.row === null ? null : view.querySelector<HTMLElement>(`[data-row="${CSS.escape(place.row)}"]`);
  if (row === null) return;
  const top = row.offsetTop - place.offset;
  if (Math.abs(view.scrollTop - top) > 1) view.scrollTop = top;
}

function remember(view: HTMLElement, before: Place, hasNewer: boolean): Place {
  const { scrollTop: top, scrollHeight: height, clientHeight } = view;
  const left = height - top - clientHeight;
  // Going up is leaving the end, even by a little; a list that shrank has moved nobody.
  const wentUp = height === before.height && top < before.top - 1;
  const atEnd = !hasNewer && (wentUp ? left < 2 : left < NEAR_END);
  for (const row of view.querySelectorAll<HTMLElement>("[data-row]")) {
    if (row.offsetTop + row.offsetHeight <= top) continue;
    return { atEnd, row: row.dataset.row ?? null, offset: row.offsetTop - top, top, height };
  }
  return { atEnd, row: null, offset: 0, top, height };
}

function askForMore(view: HTMLElement, options: Options): void {
  if (options.hasOlder && view.scrollTop < NEAR_EDGE) options.onOlder();
  else if (options.hasNewer && view.scrollHeight - view.scrollTop - view.clientHeight < NEAR_EDGE)
    options.onNewer();
}
