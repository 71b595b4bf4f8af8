/** What the blocks of the analysis tab ask for; the former answer stays until the next one is there. */
import { keepPreviousData } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import type { Channel } from "../../shared/metering/channels";
import type { Day } from "../../shared/time/zone";
import type { AnalysisView } from "./view";

export interface Asked {
  pointId: string;
  channel: Channel;
  /** Local days [start, end). */
  start: Day;
  end: Day;
}

const STAYS = { placeholderData: keepPreviousData };

export function useLoadFigures(asked: Asked) {
  return api.useQuery("get", "/api/v1/points/{point_id}/load-figures", { params: paramsOf(asked) }, STAYS);
}

export function useTypicalDay(asked: Asked) {
  return api.useQuery("get", "/api/v1/points/{point_id}/typical-day", { params: paramsOf(asked) }, STAYS);
}

export function useHeatMap(asked: Asked) {
  return api.useQuery("get", "/api/v1/points/{point_id}/heat-map", { params: paramsOf(asked) }, STAYS);
}

/** Weeks and months against those before them by date; against last year by the day of the week. */
export function useComparison(asked: Asked, against: AnalysisView["against"]) {
  const { path, query } = paramsOf(asked);
  const align = against === "last_year" ? "weekday" : "day";
  const params = { path, query: { ...query, against, align } as const };
  return api.useQuery("get", "/api/v1/points/{point_id}/comparison", { params }, STAYS);
}

function paramsOf({ pointId, channel, start, end }: Asked) {
  return { path: { point_id: pointId }, query: { start, end, channel } };
}
