import { expect, it } from "vitest";
import { profileSearch, viewOf } from "./view";

it("takes what it knows from the address and drops the rest", () => {
  expect(
    profileSearch({ period: "month", date: "2026-02-30", step: "hour", unit: "mw", shape: "table", x: 1 }),
  ).toEqual({ period: "month", step: "hour", shape: "table" });
  expect(profileSearch({ date: "2026-02-28", channel: "r_plus" })).toEqual({
    date: "2026-02-28",
    channel: "r_plus",
  });
});

it("shows the week of today as half hours in kWh unless told otherwise", () => {
  expect(viewOf({}, "2026-11-24")).toEqual({
    period: "week",
    date: "2026-11-24",
    step: "half_hour",
    unit: "kwh",
    shape: "chart",
    channel: "a_plus",
  });
});
