/** Which half hours of a day a question is about. Pure. */
import type { Profile } from "../../shared/api/types";
import type { GapReason } from "../../shared/metering/useReasonNames";

export interface HalfHour {
  startMs: number;
  endMs: number;
  energyWh: number | null;
  /** As the API names it; GAP: there is none. */
  quality: string;
  reason: GapReason | null;
}

const MEASURED = ["RAW", "VALID", "REVENUE"];

/** Those that begin at `starts`; without any, all that were not simply measured, or the whole day where all were. */
export function halfHoursOf(profile: Profile, starts: string[]): { all: boolean; found: HalfHour[] } {
  const asked = new Set(starts.map((start) => Date.parse(start)));
  const stepMs = profile.step_seconds * 1000;
  const due = profile.values
    .map((energyWh, index): HalfHour => {
      const startMs = Date.parse(profile.start) + index * stepMs;
      const gap = profile.gaps.find(
        ({ start, end }) => Date.parse(start) <= startMs && startMs < Date.parse(end),
      );
      const quality = profile.quality[index] ?? "GAP";
      return { startMs, endMs: startMs + stepMs, energyWh, quality, reason: gap?.reason ?? null };
    })
    .filter(({ reason }) => reason !== "not_yet_due");
  const found = due.filter(({ startMs, quality }) =>
    asked.size > 0 ? asked.has(startMs) : !MEASURED.includes(quality),
  );
  return found.length === 0 ? { all: true, found: due } : { all: false, found };
}
