import { useEffect } from "react";

const MOST_KEPT = 24;

/**
 * The focus is never lost: when the element that has it goes away (a dialog closes, a message is deleted, a button
 * is switched off), it returns to where it was before. Without this the browser would begin the page anew.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let trail: readonly HTMLElement[] = [];
    let waiting = false;
    const mend = () => {
      waiting = false;
      const last = trail.at(-1);
      // Somebody who clicked beside everything meant to: the element is still there.
      if (document.activeElement !== document.body || last === undefined || canHold(last)) return;
      (trail.findLast(canHold) ?? document.getElementById("content"))?.focus();
    };
    // Late, for whoever took the element away may know a better place.
    const mendSoon = () => {
      if (waiting || document.activeElement !== document.body) return;
      waiting = true;
      setTimeout(mend);
    };
    const note = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement)) return;
      const others = trail.filter((element) => element !== target && element.isConnected);
      trail = [...others, target].slice(-MOST_KEPT);
    };
    // The removal of an element need not tell of itself by an event.
    const removals = new MutationObserver(mendSoon);
    removals.observe(document.body, { childList: true, subtree: true });
    document.addEventListener("focusin", note);
    document.addEventListener("focusout", mendSoon);
    return () => {
      removals.disconnect();
      document.removeEventListener("focusin", note);
      document.removeEventListener("focusout", mendSoon);
    };
  }, []);
}

function canHold(element: HTMLElement): boolean {
  // A text field would raise the keyboard of a phone over the page.
  const raisesKeyboard = element.matches("input, textarea") && !matchMedia("(hover: hover)").matches;
  return element.isConnected && element.checkVisibility() && !element.matches(":disabled") && !raisesKeyboard;
}
