/** One metering point, read by its page and by each of its tabs, and what its supplier plans. */
import { api } from "./client";

export function usePoint(pointId: string) {
  return api.useQuery("get", "/api/v1/points/{point_id}", { params: { path: { point_id: pointId } } });
}

export function usePlannedOutages(pointId: string) {
  return api.useQuery("get", "/api/v1/points/{point_id}/planned-outages", {
    params: { path: { point_id: pointId } },
  });
}
