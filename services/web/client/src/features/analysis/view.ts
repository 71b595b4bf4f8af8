/** What the address of the analysis tab holds; whatever it does not say has a default, whatever is wrong is dropped. */
import { CHANNELS, type Channel } from "../../shared/metering/channels";
import { type Day, isDay, periodStart, shiftPeriod } from "../../shared/time/zone";

const PERIODS = ["month", "week"] as const;
const AGAINST = ["previous", "last_year"] as const;

export interface AnalysisSearch {
  period?: (typeof PERIODS)[number];
  /** Any local day of the period; without it, today in the point's zone. */
  date?: Day;
  against?: (typeof AGAINST)[number];
  channel?: Channel;
}

export interface AnalysisView extends Required<AnalysisSearch> {}

export function analysisSearch(search: Record<string, unknown>): AnalysisSearch {
  const period = PERIODS.find((one) => one === search.period);
  const against = AGAINST.find((one) => one === search.against);
  const channel = CHANNELS.find((one) => one === search.channel);
  return {
    ...(period === undefined ? {} : { period }),
    ...(isDay(search.date) ? { date: search.date } : {}),
    ...(against === undefined ? {} : { against }),
    ...(channel === undefined ? {} : { channel }),
  };
}

export function viewOf(search: AnalysisSearch, today: Day): AnalysisView {
  return { period: "month", date: today, against: "previous", channel: "a_plus", ...search };
}

/** Local days [start, end) of the view's period. */
export function daysOf({ period, date }: AnalysisView): { start: Day; end: Day } {
  return { start: periodStart(period, date), end: shiftPeriod(period, date, 1) };
}
