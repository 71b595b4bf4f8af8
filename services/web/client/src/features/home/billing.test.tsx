import { screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { json } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { BalanceBlock } from "./BalanceBlock";
import { ChargesBlock } from "./ChargesBlock";
import { PaymentsBlock } from "./PaymentsBlock";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

const PATH = "/api/v1/contracts/c";
const LINE = {
  kind: "energy",
  title: "Электроэнергия",
  zone: "T1",
  quantity: "320.500",
  unit: "кВт·ч",
  price: "6.1723",
  amount: "1978.22",
  refers_to: null,
  note: null,
};
const CHARGE = {
  document_id: "1",
  period: "2026-10-01",
  amount: "1966.22",
  currency: "RUB",
  due_on: "2026-11-10",
  issued_at: "2026-11-01T00:00:00Z",
  lines: [
    LINE,
    {
      ...LINE,
      kind: "recalculation",
      title: "Перерасчёт",
      zone: null,
      amount: "-12.00",
      refers_to: "2026-08-01",
    },
  ],
};

async function show(part: "balance" | "charges" | "payments", answer: unknown, payUrl: string | null = null) {
  stubPortal({ [`GET ${PATH}/${part}`]: () => json(answer) });
  const Part = { balance: BalanceBlock, charges: ChargesBlock, payments: PaymentsBlock }[part];
  await renderPage(
    () => (
      <main>
        <h1>Главная</h1>
        <Part contractId="c" payUrl={payUrl} />
      </main>
    ),
    "/",
  );
}

/** Formats put no-break spaces between the parts of a sum. */
const plain = (element: HTMLElement) => (element.textContent ?? "").replace(/\s/g, " ");

afterEach(() => vi.unstubAllGlobals());

it.each([
  ["-1234.50", "Задолженность", "1 234,50 ₽"],
  ["10.00", "Переплата", "10,00 ₽"],
  ["0.00", "Задолженности нет", "0,00 ₽"],
])("says in words what a balance of %s means", async (amount, words, sum) => {
  await show("balance", { balance: { amount, currency: "RUB", as_of: "2026-11-24T10:00:00Z" } });
  expect(await screen.findByText(words)).toBeTruthy();
  expect(
    screen.getByText((_, element) => element?.tagName === "P" && plain(element as HTMLElement) === sum),
  ).toBeTruthy();
});

it("leads to the supplier's own pay page in a new tab, and says so to who does not see it open", async () => {
  const address = "https://pay.example/?contract=76%2F1";
  await show("balance", { balance: null }, address);
  const link = await screen.findByRole("link", {
    name: "Оплатить на сайте поставщика (откроется в новой вкладке)",
  });
  expect(link.getAttribute("href")).toBe(address);
  expect(link.getAttribute("target")).toBe("_blank");
  expect(link.getAttribute("rel")?.split(" ").sort()).toEqual(["noopener", "noreferrer"]);
});

it.each([null, "http://pay.example", "javascript:alert(1)", " https://pay.example"])(
  "has no way out to pay at %s",
  async (address) => {
    await show("balance", { balance: null }, address);
    expect(await screen.findByText("Поставщик ещё не передал баланс")).toBeTruthy();
    expect(screen.queryByRole("link")).toBeNull();
  },
);

it("never shows an unknown balance as nothing owed", async () => {
  await show("balance", { balance: null });
  expect(await screen.findByText("Поставщик ещё не передал баланс")).toBeTruthy();
  expect(screen.queryByText(/₽/)).toBeNull();
});

it("shows a charge with its lines, their prices as they came, and what a recalculation refers to", async () => {
  await show("charges", { items: [CHARGE], next_cursor: null });
  expect(await screen.findByText("октябрь 2026 г.")).toBeTruthy();
  const text = plain(screen.getByRole("main"));
  expect(text).toContain("оплатить до 10.11.2026");
  expect(text).toContain("Электроэнергия, T1320,500 кВт·ч × 6,1723 ₽1 978,22 ₽");
  expect(text).toContain("Перерасчёт за август 2026 г.");
});

it("marks a payment that is not credited yet", async () => {
  const payment = { document_id: "1", amount: "2000.00", currency: "RUB", paid_at: "2026-11-20T10:00:00Z" };
  await show("payments", {
    items: [{ ...payment, period: null, agent: "Банк", status: "pending" }],
    next_cursor: null,
  });
  expect(await screen.findByText("В ОБРАБОТКЕ")).toBeTruthy();
  expect(plain(screen.getByRole("main"))).toContain("2 000,00 ₽");
});
