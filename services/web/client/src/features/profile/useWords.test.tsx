import { renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { Providers } from "../../testing/render";
import { slotsOf, summaryOf } from "./series";
import { useWords } from "./useWords";

const profile = {
  start: "2026-11-20T20:30:00Z",
  step_seconds: 1800,
  values: [412, null, 0, null],
  quality: ["VALID", "GAP", "DERIVED", "GAP"],
  as_of: "2026-11-20T22:00:00Z",
  gaps: [
    { start: "2026-11-20T21:00:00Z", end: "2026-11-20T21:30:00Z", reason: "no_link" as const },
    { start: "2026-11-20T22:00:00Z", end: "2026-11-20T22:30:00Z", reason: "not_yet_due" as const },
  ],
  marks: [{ start: "2026-11-20T21:30:00Z", end: "2026-11-20T22:00:00Z", mark: "power" as const }],
};
const slots = slotsOf(profile);
const words = (channel: "a_plus" | "r_plus" = "a_plus") =>
  renderHook(() => useWords({ zone: "Europe/Moscow", stepSeconds: 1800, channel }), { wrapper: Providers })
    .result.current;
const sentences = (channel?: "a_plus" | "r_plus") =>
  slots.map((slot) => words(channel).slot(slot).replace(/\s/g, " "));

it("reads out a slot with its local time, energy, mean power and quality", () => {
  expect(sentences()).toEqual([
    "20.11.2026 23:30–00:00 · 0,412 кВт·ч · 0,824 кВт · Измерено",
    "21.11.2026 00:00–00:30 · Нет данных: нет связи с прибором",
    "21.11.2026 00:30–01:00 · 0,000 кВт·ч · 0,000 кВт · Расчётно · журнал: отключалось питание",
    "21.11.2026 01:00–01:30 · Время ещё не пришло",
  ]);
});

it("counts a gap as missing and what is not due as neither", () => {
  expect(words().summary(summaryOf(slots)).replace(/\s/g, " ")).toBe(
    "Итого: 0,412 кВт·ч · получено 66 % (2 из 3) · максимум 0,824 кВт, 20.11.2026 23:30",
  );
});

it("names reactive energy by its own units", () => {
  expect(sentences("r_plus")[0]).toContain("0,412 квар·ч · 0,824 квар");
});

it("INVARIANT: gives no sum, not even zero, where nothing was received", () => {
  const gaps = slotsOf({
    ...profile,
    values: [null, null, null, null],
    quality: ["GAP", "GAP", "GAP", "GAP"],
    gaps: [],
  });
  expect(words().summary(summaryOf(gaps)).replace(/\s/g, " ")).toBe("Нет данных · получено 0 % (0 из 3)");
});
