const FIRST_MS = 400;
const LONGEST_MS = 15_000;

/**
 * How long to wait before attempt number `attempt` (from 0): doubles up to a ceiling, and a random half is
 * taken off so that a thousand pages do not come back to a restarted server in one moment.
 */
export function backoff(attempt: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return whole * (0.5 + random / 2);
}

/** Resolves after `ms`, sooner when the network comes back, at once when `signal` aborts. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal.aborted) {
      end();
      return;
    }
    signal.addEventListener("abort", end);
    addEventListener("online", end);
  });
}
