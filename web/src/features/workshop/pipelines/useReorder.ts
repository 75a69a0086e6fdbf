import { type PointerEvent, useEffect, useRef, useState } from "react";

/**
 * Moving the items of a list by a handle, with a mouse, a pen or a finger: the item takes the place under the
 * pointer as it goes. Items carry their key as `data-key`. The keyboard's way is the handle's own.
 */
export function useReorder(onMove: (key: string, place: number) => void) {
  const list = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<string | null>(null);
  const latest = useRef(onMove);
  useEffect(() => {
    latest.current = onMove;
  });
  // Ends a drag whose list goes away under the pointer.
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);

  const start = (key: string, event: PointerEvent) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const drag = new AbortController();
    running.current = drag;
    setDragged(key);
    let last = -1;
    const follow = ({ clientY }: globalThis.PointerEvent) => {
      const place = placeAt(list.current, key, clientY);
      if (place !== last) latest.current(key, place);
      last = place;
    };
    const end = () => {
      drag.abort();
      setDragged(null);
    };
    addEventListener("pointermove", follow, { signal: drag.signal });
    addEventListener("pointerup", end, { signal: drag.signal });
    addEventListener("pointercancel", end, { signal: drag.signal });
  };
  return { list, dragged, start };
}

/** How many of the other items have their middle above `y`. */
function placeAt(list: HTMLElement | null, key: string, y: number): number {
  return [...(list?.children ?? [])].filter((item) => {
    const { top, height } = item.getBoundingClientRect();
    return item.getAttribute("data-key") !== key && top + height / 2 < y;
  }).length;
}
