/** The supplier's planned outages, and which answers a change of them or of its contracts makes old. */
import { useQueryClient } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import { BY_CURSOR, flat } from "../../shared/api/lists";

export function useRefreshContracts(): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/operator/contracts"] });
}

export function useAnnouncedOutages() {
  return flat(api.useInfiniteQuery("get", "/api/v1/operator/planned-outages", {}, BY_CURSOR));
}

export function useRefreshOutages(): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/operator/planned-outages"] });
}
