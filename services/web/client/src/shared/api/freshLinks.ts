/**
 * Contracts that were linked in this tab a moment ago. Of such a link the other services hear by their topics, within a
 * second as a rule, and have no such contract until then: so they are asked a little later, and asked again quietly.
 */
import { useEffect, useReducer } from "react";

export const ASKED_AFTER_MS = 2_000;
export const FRESH_FOR_MS = 30_000;

const linkedAtMs = new Map<string, number>();

export function noteLinked(contractId: string): void {
  linkedAtMs.set(contractId, Date.now());
}

/** Whether a service that has no such contract may only not have heard of it yet. */
export function isFresh(contractId: string): boolean {
  return ageMs(contractId) < FRESH_FOR_MS;
}

/** Whether it is time to ask other services; draws its caller again when it is. */
export function useIsToldToOthers(contractId: string): boolean {
  const [, drawAgain] = useReducer((times: number) => times + 1, 0);
  const leftMs = Math.max(0, ASKED_AFTER_MS - ageMs(contractId));
  useEffect(() => {
    if (leftMs === 0) return;
    const timer = setTimeout(drawAgain, leftMs);
    return () => clearTimeout(timer);
  }, [leftMs]);
  return leftMs === 0;
}

function ageMs(contractId: string): number {
  const at = linkedAtMs.get(contractId);
  return at === undefined ? Number.POSITIVE_INFINITY : Date.now() - at;
}
