import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, expect, it, vi } from "vitest";
import type { IntervalVersion } from "../../shared/api/types";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPart } from "../../testing/render";
import { ProfilePanel } from "./ProfilePanel";
import { viewOf } from "./view";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

const HISTORY = "GET /api/v1/points/p/intervals/history";
const PROFILE = {
  point_id: "p",
  time_zone: "Europe/Moscow",
  start: "2026-11-19T21:00:00Z",
  step_seconds: 1800,
  unit: "Wh",
  channel: "a_plus",
  measure: "energy",
  values: [700, null, ...Array.from({ length: 46 }, () => 400)],
  quality: ["EDITED", "GAP", ...Array.from({ length: 46 }, () => "VALID")],
  flags: [],
  gaps: [{ start: "2026-11-19T21:30:00Z", end: "2026-11-19T22:00:00Z", reason: "no_link" }],
  marks: [],
  others: [],
  revisions: [],
  as_of: "2026-11-20T21:00:00Z",
};
const METER: IntervalVersion = {
  a_plus_wh: 900,
  a_minus_wh: 0,
  r_plus_varh: 120,
  r_minus_varh: null,
  quality: "QUESTIONED",
  source: "meter",
  method: null,
  reason: null,
  document: null,
  actor: null,
  second_person: null,
  back_test: null,
  inputs: null,
  parameters: null,
  flags: [],
  known_at: "2026-11-20T00:10:00Z",
  read_at: "2026-11-20T00:05:00Z",
  version: 1,
};
const EDIT: IntervalVersion = {
  ...METER,
  a_plus_wh: 700,
  quality: "EDITED",
  source: "edit",
  method: "values",
  reason: "Сбой прибора",
  document: "Акт № 7",
  read_at: null,
  known_at: "2026-11-21T09:00:00Z",
  version: 2,
};
const plain = (element: Element) => (element.textContent ?? "").replace(/\s/g, " ");

afterEach(() => vi.unstubAllGlobals());

async function openTable(history: () => Response) {
  stubPortal({ "GET /api/v1/points/p/profile": () => json(PROFILE), [HISTORY]: history });
  const view = viewOf({ period: "day", shape: "table" }, "2026-11-20");
  renderPart(
    <main>
      <h1>Профиль</h1>
      <ProfilePanel pointId="p" zone="Europe/Moscow" view={view} limitW={1000} onChange={vi.fn()} />
    </main>,
  );
  const button = await screen.findByRole("button", { name: "История значения 00:00–00:30" });
  button.focus();
  await userEvent.keyboard("{Enter}");
  return screen.findByRole("dialog", { name: "История значения: 20.11.2026 00:00–00:30" });
}

it("opens by keyboard every version of a half hour, the one in force first, with code, method, reason and time", async () => {
  const dialog = await openTable(() =>
    json({ point_id: "p", start: PROFILE.start, step_seconds: 1800, as_of: null, items: [EDIT, METER] }),
  );
  const [first, second] = await within(dialog).findAllByRole("listitem");
  if (first === undefined || second === undefined) throw new Error("two versions are listed");
  expect(plain(first)).toContain("A+ 0,700 кВт·ч · R+ 0,120 квар·чДЕЙСТВУЕТ");
  expect(plain(first)).toContain(
    "Исправлено вручную (EDITED) · сотрудник поставщика: введено другое значение",
  );
  expect(plain(first)).toContain("Причина: Сбой прибораДокумент: Акт № 7Стало известно 21.11.2026 12:00");
  expect(plain(second)).toContain("A+ 0,900 кВт·ч");
  expect(plain(second)).toContain("ПРЕЖНЕЕ");
  expect(plain(second)).toContain("Прочитано с прибора 20.11.2026 03:05");
  const { violations } = await axe.run(document.body, { rules: { region: { enabled: false } } });
  expect(violations.map(({ id }) => id)).toEqual([]);
});

it("says what failed in the dialog alone", async () => {
  const dialog = await openTable(() => problem(503, "busy"));
  expect(await within(dialog).findByRole("alert")).toBeTruthy();
});

it("tells in the table why a half hour is missing, and which are over the limit", async () => {
  await openTable(() => json({ point_id: "p", start: "", step_seconds: 1800, as_of: null, items: [] }));
  const rows = screen.getAllByRole("row", { hidden: true }).map(plain);
  expect(rows[1]).toBe("00:00–00:300,7001,400Исправлено вручнуюВыше лимита мощности");
  expect(rows[2]).toBe("00:30–01:00––Нет данных: нет связи с прибором");
  expect(plain(document.body)).toContain("Нет данных: 1 (нет связи с прибором — 1)");
  expect(plain(document.body)).toContain("Лимит мощности 1 кВт, выше него интервалов: 1");
});
