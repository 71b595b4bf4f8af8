import { expect, test } from "vitest";
import type { LastReading } from "../api/types";
import { zoneReadings } from "./readings";

type Register = LastReading["registers"][number];

const register = (zone: string, value_wh: number, channel: Register["channel"] = "a_plus"): Register => ({
  zone,
  channel,
  value_wh,
});

test("zones come in order, the sum last, and only of consumed active energy", () => {
  const registers = [
    register("sum", 30),
    register("T2", 20),
    register("T1", 10),
    register("T1", 7, "r_plus"),
  ];
  expect(zoneReadings({ at: "2026-11-01T00:00:00Z", registers })).toEqual([
    { zone: "T1", valueWh: 10 },
    { zone: "T2", valueWh: 20 },
    { zone: "sum", valueWh: 30 },
  ]);
});

test("tariffs that have never counted are left out, unless none has", () => {
  const at = "2026-11-01T00:00:00Z";
  const unused = [register("T3", 0), register("T4", 0)];
  expect(zoneReadings({ at, registers: [register("T1", 10), ...unused] })).toEqual([
    { zone: "T1", valueWh: 10 },
  ]);
  expect(zoneReadings({ at, registers: unused }).map((row) => row.zone)).toEqual(["T3", "T4"]);
});
