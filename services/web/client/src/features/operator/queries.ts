/** Which answers a change of the supplier's contracts makes old. */
import { useQueryClient } from "@tanstack/react-query";

export function useRefreshContracts(): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/operator/contracts"] });
}
