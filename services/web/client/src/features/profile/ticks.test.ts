import { expect, it } from "vitest";
import { periodRange, wallMs } from "../../shared/time/zone";
import { timeTicks } from "./ticks";

const hours = (day: string, zone: string, limit: number) =>
  timeTicks("day", periodRange("day", day, zone), zone, limit).map((tick) =>
    new Date(wallMs(tick, zone)).getUTCHours(),
  );

it("marks whole local hours, in a zone with a half-hour offset too", () => {
  expect(hours("2026-11-20", "Asia/Kolkata", 9)).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 0]);
});

it("keeps local hours on days when the clocks change", () => {
  expect(hours("2026-03-29", "Europe/Berlin", 5)).toEqual([0, 6, 12, 18, 0]);
  expect(hours("2026-10-25", "Europe/Berlin", 6)).toEqual([0, 6, 12, 18, 0]);
  expect(hours("2026-10-25", "Europe/Berlin", 30)).toHaveLength(26);
});

it("marks the midnights of a week in which the clocks change", () => {
  const range = periodRange("week", "2026-10-25", "Europe/Berlin");
  const ticks = timeTicks("week", range, "Europe/Berlin", 10);
  expect(ticks).toHaveLength(7);
  for (const tick of ticks) expect(new Date(wallMs(tick, "Europe/Berlin")).getUTCHours()).toBe(0);
});

it("thins out the days of a month to what fits", () => {
  const range = periodRange("month", "2026-10-01", "Europe/Moscow");
  expect(timeTicks("month", range, "Europe/Moscow", 7)).toHaveLength(7);
});
