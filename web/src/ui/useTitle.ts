import { useEffect } from "react";

/** The title of the tab, while the page is open. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Fabula" : `${title} · Fabula`;
  }, [title]);
}
