import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, expect, it, vi } from "vitest";
import type { Bill } from "../../shared/api/types";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { BillPage } from "./BillPage";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

const CONTRACT = {
  id: "c",
  name: "Дача",
  number: "76-1",
  supplier: { code: "demo", name: "ОЭС 360", phone: "+7 846 000-03-60", email: null, site: null },
};
const LINE: Bill["charge"]["lines"][number] = {
  kind: "energy",
  title: "Электроэнергия",
  zone: "T1",
  quantity: "320.5",
  unit: "кВт·ч",
  price: "6.1723",
  amount: "1978.22",
  refers_to: null,
  note: null,
};
const BILL: Bill = {
  charge: {
    document_id: "сч/10 №1",
    period: "2026-10-01",
    amount: "1966.22",
    currency: "RUB",
    due_on: "2026-11-10",
    issued_at: "2026-11-01T05:00:00Z",
    lines: [
      LINE,
      { ...LINE, title: "Перерасчёт", zone: null, quantity: null, price: null, amount: "-12.00" },
    ],
  },
  sums: {
    opening_balance: "-100.00",
    charged: "1978.22",
    recalculated: "-12.00",
    benefits: "0.00",
    penalty: null,
    paid: "100.00",
    total_due: "1966.22",
  },
  payments: [
    {
      document_id: "p",
      amount: "2000.00",
      currency: "RUB",
      paid_at: "2026-11-20T22:00:00Z",
      period: "2026-10-01",
      agent: "Банк",
      status: "credited",
    },
  ],
};

async function open(answer: () => Response) {
  let asked: URLSearchParams | undefined;
  stubPortal({
    "GET /api/v1/contracts/c": () => json(CONTRACT),
    "GET /api/v1/contracts/c/points": () =>
      json({ items: [{ time_zone: "Europe/Samara" }], next_cursor: null }),
    "GET /api/v1/contracts/c/bill": (search) => {
      asked = search;
      return answer();
    },
  });
  const page = () => (
    <main>
      <BillPage />
    </main>
  );
  await renderPage(page, "/contracts/$contractId/bill", {
    under: "signed-in",
    at: `/contracts/c/bill?document=${encodeURIComponent(BILL.charge.document_id)}`,
  });
  return () => asked?.get("document_id");
}

/** Formats put no-break spaces between the parts of a sum. */
const plain = (element: HTMLElement) => (element.textContent ?? "").replace(/\s/g, " ");

afterEach(() => vi.unstubAllGlobals());

it("shows whose bill it is, its lines, what it sums up to, and who paid through whom", async () => {
  const asked = await open(() => json(BILL));
  expect(await screen.findByRole("heading", { level: 1, name: "Счёт за октябрь 2026 г." })).toBeTruthy();
  expect(asked()).toBe(BILL.charge.document_id);
  const facts = plain(screen.getByRole("region", { name: "Договор и счёт" }));
  for (const fact of ["ОЭС 360", "76-1", "Дача", "сч/10 №1", "01.11.2026", "10.11.2026"]) {
    expect(facts).toContain(fact);
  }
  const rows = within(screen.getByRole("table", { name: "Начисления" }))
    .getAllByRole("row")
    .map(plain);
  expect(rows).toContain("Электроэнергия, T1320,5 кВт·ч × 6,1723 ₽320,5 кВт·ч6,1723 ₽1 978,22 ₽");
  expect(rows).toContain("Перерасчёт-12,00 ₽");
  expect(rows).toContain("Итого1 966,22 ₽");
  const sums = plain(screen.getByRole("region", { name: "Итоги" }));
  expect(sums).toContain("Задолженность на начало периода100,00 ₽");
  expect(sums).toContain("Льготы0,00 ₽");
  expect(sums).toContain("К оплате1 966,22 ₽");
  expect(sums).not.toContain("Пени");
  const payments = plain(screen.getByRole("table", { name: "Платежи за этот период" }));
  expect(payments).toContain("21.11.2026БанкЗАЧИСЛЕН2 000,00 ₽");
  expect((await axe.run(document.body)).violations.map(({ id }) => id)).toEqual([]);
});

it("shows a bill of which the supplier has told the sum alone", async () => {
  const nothing = Object.fromEntries(Object.keys(BILL.sums).map((name) => [name, null]));
  await open(() =>
    json({ charge: { ...BILL.charge, due_on: null, lines: [] }, sums: nothing, payments: [] }),
  );
  expect(plain(await screen.findByRole("region", { name: "Итоги" }))).toBe("ИтогиИтого по счёту1 966,22 ₽");
  expect(screen.queryByRole("table")).toBeNull();
});

it("prints when it is asked to, and only a bill that is there", async () => {
  const print = vi.fn();
  vi.stubGlobal("print", print);
  await open(() => json(BILL));
  await userEvent.click(await screen.findByRole("button", { name: "Печать или PDF" }));
  expect(print).toHaveBeenCalledOnce();
});

it("says that there is no such bill, offers no print, and leads back", async () => {
  await open(() => problem(404, "not_found"));
  expect(await screen.findByRole("alert")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Печать или PDF" })).toBeNull();
  expect(screen.getByRole("link", { name: "На главную договора" }).getAttribute("href")).toBe("/contracts/c");
});
