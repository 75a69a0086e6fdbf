import { type TouchEvent, useRef } from "react";

const FAR_ENOUGH = 56;
const FLAT_ENOUGH = 2;

/**
 * A finger across the last answer presses its arrows: from right to left the next variant, or a new one after
 * the last; from left to right the previous one. A mostly upright movement is scrolling.
 */
export function useSwipe(enabled: boolean) {
  const from = useRef<{ x: number; y: number } | null>(null);
  if (!enabled) return {};
  return {
    onTouchStart: (event: TouchEvent) => {
      const touch = event.touches.length === 1 ? event.touches[0] : undefined;
      from.current = touch === undefined ? null : { x: touch.clientX, y: touch.clientY };
    },
    onTouchEnd: (event: TouchEvent<HTMLElement>) => {
      const touch = event.changedTouches[0];
      if (from.current === null || touch === undefined) return;
      const x = touch.clientX - from.current.x;
      const y = Math.abs(touch.clientY - from.current.y);
      from.current = null;
      if (Math.abs(x) < FAR_ENOUGH || Math.abs(x) < y * FLAT_ENOUGH) return;
      const which = x < 0 ? "next" : "previous";
      event.currentTarget.querySelector<HTMLButtonElement>(`[data-swipe="${which}"]`)?.click();
    },
  };
}
