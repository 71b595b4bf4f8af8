import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type { DataAccess, RefusedLink } from "../../shared/api/types";
import { json } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { AccessesPage } from "./AccessesPage";
import { RefusedLinksBlock } from "./RefusedLinksBlock";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

const CONTRACT = "/api/v1/contracts/c";
const INVITATION = "00000000-0000-0000-0000-000000000007";
const ACCESS: DataAccess = {
  id: "00000000-0000-0000-0000-000000000001",
  reader: "operator",
  reader_id: "00000000-0000-0000-0000-000000000002",
  own: false,
  supplier: { code: "demo", name: "ОЭС 360" },
  invitation_id: null,
  area: "profile",
  first_at: "2026-11-24T10:05:00Z",
  last_at: "2026-11-24T10:40:00Z",
  times: 3,
};
const REFUSED: RefusedLink = {
  id: "00000000-0000-0000-0000-000000000009",
  supplier: { code: "demo", name: "ОЭС 360", phone: null, email: null, site: null },
  name: "Дача",
  state: "refused",
  state_reason: "link_refused",
  times: 2,
  refused_at: "2026-11-24T10:00:00Z",
};

function openAccesses(items: DataAccess[]) {
  stubPortal({
    [`GET ${CONTRACT}/accesses`]: () => json({ items, next_cursor: null }),
    [`GET ${CONTRACT}/points`]: () => json({ items: [{ time_zone: "Europe/Samara" }], next_cursor: null }),
    [`GET ${CONTRACT}/invitations`]: () =>
      json({ items: [{ id: INVITATION, email: "guest@b.example" }], next_cursor: null }),
    "GET /api/v1/contracts": () => json({ items: [{ id: "c", rights: "full" }], next_cursor: null }),
  });
  return renderPage(inMain(<AccessesPage />), "/contracts/$contractId/accesses", {
    under: "signed-in",
    at: "/contracts/c/accesses",
  });
}

const inMain = (part: ReactNode) => () => <main>{part}</main>;

afterEach(() => vi.unstubAllGlobals());

it("tells who looked at what and how often, in the zone of the point", async () => {
  await openAccesses([ACCESS]);
  const row = (await screen.findByText(/Сотрудник поставщика ОЭС 360/)).closest("li");
  await waitFor(() => expect(row?.textContent).toContain("24.11.2026 14:40"));
  expect(row?.textContent).toContain("Профиль мощности, 3 раза с 14:05");
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations).toEqual([]);
});

it("names a guest by the invitation, and shows an area of a later version by its own name", async () => {
  const guest: DataAccess = { ...ACCESS, reader: "guest", supplier: null, invitation_id: INVITATION };
  await openAccesses([{ ...guest, area: "balconies", times: 1 }]);
  expect(await screen.findByText(/guest@b\.example/)).toBeTruthy();
  expect(screen.getByText("balconies")).toBeTruthy();
});

it("says that nobody looked", async () => {
  await openAccesses([]);
  expect(await screen.findByText("Кроме вас, данные никто не смотрел")).toBeTruthy();
});

it("lists refused tries with their reason, to be tried again or dismissed", async () => {
  const dismissed = `DELETE /api/v1/refused-links/${REFUSED.id}`;
  const { calls } = stubPortal({
    "GET /api/v1/refused-links": () => json({ items: [REFUSED], next_cursor: null }),
    [dismissed]: () => new Response(null, { status: 204 }),
  });
  const retry = vi.fn();
  await renderPage(
    inMain(
      <>
        <h1>Добавить договор</h1>
        <RefusedLinksBlock onRetry={retry} />
      </>,
    ),
    "/contracts/new",
  );
  expect(await screen.findByText("ОЭС 360: поставщик не подтвердил логин и пароль")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Повторить: Дача" }));
  expect(retry).toHaveBeenCalledExactlyOnceWith(REFUSED);
  await userEvent.click(screen.getByRole("button", { name: "Убрать: Дача" }));
  await waitFor(() => expect(calls.map(({ path }) => path)).toContain(dismissed));
});
