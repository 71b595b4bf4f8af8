/** One key for one thing to create: the same through repeats after a failure, a new one after success. */
import { useRef } from "react";

export function useIdempotencyKey(): { current: () => string; spent: () => void } {
  const key = useRef<string | null>(null);
  return {
    current: () => {
      key.current ??= randomKey();
      return key.current;
    },
    spent: () => {
      key.current = null;
    },
  };
}

/** Not randomUUID: browsers have it on pages with HTTPS only. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
