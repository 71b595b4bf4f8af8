/** What the address of the profile tab holds; whatever it does not say has a default, whatever is wrong is dropped. */
import { CHANNELS, type Channel } from "../../shared/metering/channels";
import { type Day, isDay, type Period } from "../../shared/time/zone";
import type { Unit } from "../../shared/units/energy";

export type Step = "half_hour" | "hour";
export type Shape = "chart" | "table";

export interface ProfileSearch {
  period?: Period;
  /** Any local day of the period; without it, today in the point's zone. */
  date?: Day;
  step?: Step;
  unit?: Unit;
  shape?: Shape;
  channel?: Channel;
}

export interface ProfileView extends Required<ProfileSearch> {}

const ALLOWED = {
  period: ["week", "day", "month"],
  step: ["half_hour", "hour"],
  unit: ["kwh", "kw"],
  shape: ["chart", "table"],
  channel: CHANNELS,
} as const;

export function profileSearch(search: Record<string, unknown>): ProfileSearch {
  const kept: Record<string, unknown> = {};
  for (const [name, values] of Object.entries(ALLOWED)) {
    const value = search[name];
    if (values.some((allowed) => allowed === value)) kept[name] = value;
  }
  if (isDay(search.date)) kept.date = search.date;
  return kept as ProfileSearch;
}

export function viewOf(search: ProfileSearch, today: Day): ProfileView {
  return {
    period: search.period ?? ALLOWED.period[0],
    date: search.date ?? today,
    step: search.step ?? ALLOWED.step[0],
    unit: search.unit ?? ALLOWED.unit[0],
    shape: search.shape ?? ALLOWED.shape[0],
    channel: search.channel ?? ALLOWED.channel[0],
  };
}
