import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPart } from "../../testing/render";
import { QueryBlock } from "../ui/states";
import { ASKED_AFTER_MS, FRESH_FOR_MS, noteLinked } from "./freshLinks";
import { useTickets } from "./lists";

vi.mock("./session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

function Tickets({ contractId }: { contractId: string }) {
  return (
    <QueryBlock query={useTickets(contractId)} height={100}>
      {(items) => <p>{items.length} обращений</p>}
    </QueryBlock>
  );
}

function show(contractId: string, answers: (() => Response)[]) {
  const { calls } = stubPortal({
    [`GET /api/v1/contracts/${contractId}/tickets`]: () =>
      (answers.length > 1 ? answers.shift() : answers[0])?.() ?? problem(500, "busy"),
  });
  renderPart(<Tickets contractId={contractId} />);
  return calls;
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const unheard = () => problem(404, "not_found");
const heard = () => json({ items: [], next_cursor: null });

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("asks of a new link only when the others can have heard of it", async () => {
  noteLinked("new");
  const calls = show("new", [heard]);
  await pass(ASKED_AFTER_MS - 1);
  expect(screen.getByRole("status").textContent).toBe("Данные готовятся");
  expect(calls).toEqual([]);
  await pass(1);
  await pass(0);
  expect(screen.getByText("0 обращений")).toBeTruthy();
  expect(calls).toHaveLength(1);
});

it("asks again without a word while the others have not heard, and says so in the end", async () => {
  noteLinked("late");
  const answers = [unheard, unheard, unheard, unheard, heard];
  const calls = show("late", answers);
  await pass(ASKED_AFTER_MS);
  await pass(2_500);
  expect(calls).toHaveLength(3);
  expect(screen.getByRole("status").textContent).toBe("Данные готовятся");
  expect(screen.queryByRole("alert")).toBeNull();
  await pass(2_000);
  expect(screen.getByText("0 обращений")).toBeTruthy();

  noteLinked("never");
  show("never", [unheard]);
  await pass(ASKED_AFTER_MS);
  await pass(FRESH_FOR_MS);
  expect(screen.getByRole("alert")).toBeTruthy();
});

it("asks at once for a contract that was not linked here, and keeps no stranger waiting", async () => {
  const calls = show("old", [unheard]);
  await pass(0);
  expect(calls).toHaveLength(1);
  expect(screen.getByRole("status").textContent).toContain("Загрузка");
  await pass(4_000);
  expect(calls).toHaveLength(3);
  expect(screen.getByRole("alert")).toBeTruthy();
});
