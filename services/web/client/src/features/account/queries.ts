/** What the pages of the account read, and which answers a change makes old. */
import { useQueryClient } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import type { ApiKey } from "../../shared/api/types";

export function useProfile() {
  return api.useQuery("get", "/api/v1/me/profile");
}

export function useFactors(options: { refetchOnWindowFocus?: boolean; refetchOnReconnect?: boolean } = {}) {
  return api.useQuery("get", "/api/v1/me/factors", {}, options);
}

export function usePortalSessions() {
  return api.useQuery("get", "/api/v1/me/sessions");
}

export function useApiKeys() {
  return api.useQuery("get", "/api/v1/me/api-keys");
}

/** Revoked, or past its last day. */
export function isOver({ revoked_at, expires_at }: ApiKey): boolean {
  return revoked_at !== null || Date.parse(expires_at) <= Date.now();
}

/** Whatever changes the account also writes into its log, and much of it ends sessions. */
export function useRefreshAccount(): () => Promise<void> {
  const queryClient = useQueryClient();
  return () =>
    queryClient.invalidateQueries({
      predicate: ({ queryKey: [, path] }) => typeof path === "string" && path.startsWith("/api/v1/me/"),
    });
}
