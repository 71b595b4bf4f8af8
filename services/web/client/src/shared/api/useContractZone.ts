/** The zone in which the dates of a contract are told: that of its points, until they are known the portal's. */
import { PORTAL_ZONE } from "../time/zone";
import { usePoints } from "./lists";

export function useContractZone(contractId: string): string {
  return usePoints(contractId).data?.[0]?.time_zone ?? PORTAL_ZONE;
}
