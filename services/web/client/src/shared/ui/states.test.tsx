import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { renderPart } from "../../testing/render";
import { ProblemError } from "../api/problem";
import { Loading, QueryBlock } from "./states";

const busy = new ProblemError({ status: 503, code: "busy", requestId: "abc-1" });
const missing = new ProblemError({ status: 404, code: "not_found" });
const block = (query: { data?: number[]; error?: unknown; refetch?: () => void }) => (
  <QueryBlock
    query={{
      data: query.data,
      error: query.error ?? null,
      isFetching: false,
      refetch: query.refetch ?? vi.fn(),
    }}
    height={10}
    isEmpty={(items) => items.length === 0}
    empty={<p>пусто</p>}
  >
    {(items) => <p>данные {items.join()}</p>}
  </QueryBlock>
);

afterEach(() => vi.useRealTimers());

it("shows the failure with its request id, and asks again", async () => {
  const refetch = vi.fn();
  renderPart(block({ error: busy, refetch }));
  expect(screen.getByRole("alert").textContent).toContain("abc-1");
  await userEvent.click(screen.getByRole("button", { name: "Повторить" }));
  expect(refetch).toHaveBeenCalledOnce();
});

it("offers no repeat where it cannot help", () => {
  renderPart(block({ error: missing }));
  expect(screen.queryByRole("button")).toBeNull();
});

it("keeps old data on the page when an update failed, and says so", () => {
  renderPart(block({ data: [7], error: busy }));
  expect(screen.getByText("данные 7")).toBeTruthy();
  expect(screen.getByRole("alert").textContent).toContain("показаны прежние данные");
});

it("tells nothing from something", () => {
  renderPart(block({ data: [] }));
  expect(screen.getByText("пусто")).toBeTruthy();
});

it("admits after ten seconds that it takes long", () => {
  vi.useFakeTimers();
  renderPart(<Loading height={10} />);
  expect(screen.getByRole("status").textContent).toBe("Загрузка…");
  act(() => vi.advanceTimersByTime(10_000));
  expect(screen.getByRole("status").textContent).toBe("Всё ещё загружаем…");
});
