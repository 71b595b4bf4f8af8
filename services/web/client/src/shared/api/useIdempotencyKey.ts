/** One key for one thing to create: the same through repeats after a failure, a new one after success. */
import { useRef } from "react";

export function useIdempotencyKey(): { current: () => string; spent: () => void } {
  const key = useRef<string | null>(null);
  return {
    current: () => {
      key.current ??= crypto.randomUUID();
      return key.current;
    },
    spent: () => {
      key.current = null;
    },
  };
}
