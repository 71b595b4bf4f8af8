/** Runs a task when the page opens, and never again: a one-time link must not be sent twice. */
import { useEffect, useRef } from "react";

export function useOnce(task: () => void): void {
  const done = useRef(false);
  useEffect(() => {
    if (done.current) return;
    done.current = true;
    task();
  });
}
