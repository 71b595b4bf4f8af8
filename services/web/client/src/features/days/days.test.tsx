import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { LedgerDay, ZoneDay } from "../../shared/api/types";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPart } from "../../testing/render";
import { DaysPanel } from "./DaysTab";
import { ZonesBlock } from "./ZonesBlock";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

const PATH = "GET /api/v1/points/p/days";
const CLOSED: LedgerDay = {
  day: "2026-11-20",
  state: "incomplete",
  revision: 2,
  reason: "late",
  change: "late",
  digest: "abc123",
  closed_at: "2026-11-21T09:00:00Z",
  lands_in_period: "2026-11-01",
  corrects_period: null,
  slots_expected: 48,
  slots_received: 46,
  slots_valid: 44,
  slots_estimated: 1,
  slots_missing: 1,
  sums: [
    {
      channel: "a_plus",
      unit: "Wh",
      sum_wh: 20_160,
      register_difference_wh: 20_250,
      residual_wh: 90,
      tolerance_wh: 25,
    },
  ],
  verdict: "differs",
  cause: "missing_slots",
  receipt: { state: "awaited", received_at: null, used_in_period: null },
  billed: null,
};
const OPEN: LedgerDay = {
  ...CLOSED,
  day: "2026-11-21",
  state: "open",
  revision: null,
  change: null,
  reason: null,
  digest: null,
  closed_at: null,
  lands_in_period: null,
  slots_expected: null,
  slots_received: null,
  slots_valid: null,
  slots_estimated: null,
  slots_missing: null,
  sums: [],
  verdict: null,
  cause: null,
  receipt: null,
};
const plain = (element: Element | null) => (element?.textContent ?? "").replace(/\s/g, " ");

afterEach(() => vi.unstubAllGlobals());

function show(answer: () => Response, onChange = vi.fn()) {
  stubPortal({ [PATH]: answer });
  renderPart(<DaysPanel pointId="p" zone="Europe/Moscow" date="2026-11-21" onChange={onChange} />);
}
const days =
  (...items: LedgerDay[]) =>
  () =>
    json({ as_of: "2026-11-24T09:00:00Z", time_zone: "Europe/Moscow", items });
async function lineOf(day: LedgerDay) {
  show(days(day));
  const date = await screen.findByText(day.day.split("-").reverse().join("."));
  return plain(date.closest("summary, div"));
}

it("says of a closed day what is known, against the registers, and what billing answered", async () => {
  show(days(CLOSED, OPEN));
  expect(plain((await screen.findByText("20.11.2026")).closest("summary"))).toBe(
    "20.11.2026НЕПОЛНЫЕ20,160 кВт·чЖдёт ответа расчётной системы",
  );
  const text = plain(document.body);
  expect(text).toContain("Получасыполучено 46 из 48, расчётных 1, нет 1");
  expect(text).toContain("Почему новая ревизияпришли опоздавшие получасы");
  expect(text).toContain("Сверка с показаниямисумма получасов расходится с показаниями: нет части получасов");
  expect(text).toContain("A+, кВт·ч20,16020,2500,0900,025");
  expect(text.indexOf("21.11.2026")).toBeLessThan(text.indexOf("20.11.2026"));
});

it.each([
  ["2999-01-02", "02.01.2999СУТКИ ЕЩЁ ОТКРЫТЫ–Закроются после полуночи точки учета"],
  ["2026-01-02", "02.01.2026СУТКИ ЕЩЁ ОТКРЫТЫ–Скоро закроются"],
])("tells of the open day %s nothing but that", async (day, words) => {
  expect(await lineOf({ ...OPEN, day })).toBe(words);
});

it.each<[string, Partial<LedgerDay>]>([
  ["Вошло в расчёт за ноябрь 2026 г.", { billed: { period: "2026-11-01", revision: 2 } }],
  ["В расчёте прежняя ревизия, исправление ждёт", { billed: { period: "2026-11-01", revision: 1 } }],
  [
    "Получено расчётной системой",
    { receipt: { state: "confirmed", received_at: "2026-11-21T10:00:00Z", used_in_period: null } },
  ],
  [
    "Расчётная система получила другие значения",
    { receipt: { state: "wrong_digest", received_at: "2026-11-21T10:00:00Z", used_in_period: null } },
  ],
])("says «%s»", async (words, change) => {
  expect(await lineOf({ ...CLOSED, ...change })).toContain(words);
});

it("says in which bill a correction lands, and which period it corrects", async () => {
  show(
    days({
      ...CLOSED,
      billed: { period: "2026-10-01", revision: 1 },
      lands_in_period: "2026-12-01",
      corrects_period: "2026-10-01",
    }),
  );
  await screen.findByText("20.11.2026");
  expect(plain(document.body)).toContain(
    "Войдёт в расчёт задекабрь 2026 г. — как исправление за октябрь 2026 г., расчёт за который уже закрыт",
  );
});

it("leads to the month before, and says what failed", async () => {
  const onChange = vi.fn();
  show(() => problem(503, "busy"), onChange);
  expect(await screen.findByRole("alert")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Предыдущий период" }));
  expect(onChange).toHaveBeenCalledWith("2026-10-01");
});

it("says that there is nothing in a month", async () => {
  show(days());
  expect(await screen.findByText("За этот месяц суток ещё нет")).toBeTruthy();
});

const ZONES = "GET /api/v1/points/p/zone-checks";
const CHECKED: ZoneDay = {
  day: "2026-11-20",
  revision: 1,
  checked_at: "2026-11-21T09:00:00Z",
  verdict: "differs",
  cause: "wrong_clock",
  plan: "two",
  shift_minutes: 60,
  fits: null,
  slots_expected: 48,
  slots_received: 48,
  slots_valid: 48,
  slots_estimated: 0,
  slots_missing: 0,
  zones: [
    { zone: "T1", register_wh: 12_000, profile_wh: 12_500, difference_wh: -500, tolerance_wh: 26 },
    { zone: "T2", register_wh: 4_500, profile_wh: 4_000, difference_wh: 500, tolerance_wh: 26 },
  ],
};

function showZones(...items: ZoneDay[]) {
  stubPortal({ [ZONES]: () => json({ point_id: "p", time_zone: "Europe/Moscow", as_of: null, items }) });
  renderPart(<ZonesBlock pointId="p" date="2026-11-21" />);
}

it("says of a day which zones differ, by how much and why", async () => {
  showZones(CHECKED, { ...CHECKED, day: "2026-11-19", verdict: "agrees", cause: null, shift_minutes: null });
  expect(plain((await screen.findByText("20.11.2026")).closest("summary"))).toBe(
    "20.11.2026РАСХОДЯТСЯзоны в приборе переключаются по другому времени, позже на 60 мин",
  );
  expect(plain((await screen.findByText("19.11.2026")).closest("summary"))).toBe("19.11.2026СХОДЯТСЯ");
  expect(plain(document.body)).toContain("T112,00012,500-0,5000,026");
});

it("says that a meter of one zone has nothing to check", async () => {
  showZones({ ...CHECKED, verdict: "not_checked", cause: "one_zone", shift_minutes: null, zones: [] });
  expect(plain((await screen.findByText("За этот месяц зоны не сверялись")).parentElement)).toContain(
    "которые считают по нескольким зонам",
  );
});
