/** The lists behind an operator's accounting pages, and what a decision makes stale. */
import { useQueryClient } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import { BY_CURSOR, flat } from "../../shared/api/lists";
import type { Day } from "../../shared/time/zone";
import type { EditState, ReceiptState, Severity, VerdictState } from "./search";

export function useVerdicts(query: { state: VerdictState; severity: Severity }) {
  return flat(api.useInfiniteQuery("get", "/api/v1/operator/verdicts", { params: { query } }, BY_CURSOR));
}

export function useEdits(state: EditState) {
  const params = { query: { state } };
  return flat(api.useInfiniteQuery("get", "/api/v1/operator/edits", { params }, BY_CURSOR));
}

export function useCompleteness(query: { start: Day; end: Day }) {
  return flat(api.useInfiniteQuery("get", "/api/v1/operator/completeness", { params: { query } }, BY_CURSOR));
}

export function useCompletenessOfPoints(day: Day) {
  const params = { query: { day, gaps_only: true } };
  return flat(api.useInfiniteQuery("get", "/api/v1/operator/completeness/points", { params }, BY_CURSOR));
}

export function useReceipts(state: ReceiptState) {
  const params = { query: { state } };
  return flat(api.useInfiniteQuery("get", "/api/v1/operator/receipts", { params }, BY_CURSOR));
}

export function useRefreshDecisions(): () => Promise<void> {
  const queryClient = useQueryClient();
  return async () => {
    await Promise.all([
      queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/operator/verdicts"] }),
      queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/operator/edits"] }),
    ]);
  };
}
