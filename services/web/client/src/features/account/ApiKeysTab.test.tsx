import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { ApiKey, Contract } from "../../shared/api/types";
import { json } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { ApiKeysTab } from "./ApiKeysTab";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

const CONTRACT: Contract = {
  id: "00000000-0000-0000-0000-00000000000c",
  name: "Дача",
  number: "76-1",
  supplier: { code: "s", name: "ОЭС", phone: null, email: null, site: null },
  linked_at: "2026-11-01T00:00:00Z",
  rights: "full",
  state: "linked",
  state_reason: null,
  state_changed_at: "2026-11-01T00:00:00Z",
  expires_on: null,
  pay_url: null,
};
const KEY: ApiKey = {
  id: "00000000-0000-0000-0000-00000000000a",
  name: "Домашний сервер",
  contract_ids: [CONTRACT.id],
  created_at: "2026-11-01T00:00:00Z",
  expires_at: "2999-01-01T00:00:00Z",
  last_used_at: null,
  revoked_at: null,
};
const MAKE = "POST /api/v1/me/api-keys";
const REVOKE = `DELETE /api/v1/me/api-keys/${KEY.id}`;

async function open(items: ApiKey[]) {
  const portal = stubPortal({
    "GET /api/v1/me/api-keys": () => json({ items, next_cursor: null }),
    "GET /api/v1/contracts": () => json({ items: [CONTRACT], next_cursor: null }),
    [MAKE]: () => json({ key: "hh_secret", item: KEY }, 201),
    [REVOKE]: () => new Response(null, { status: 204 }),
  });
  await renderPage(
    () => (
      <main>
        <h1>Профиль</h1>
        <ApiKeysTab />
      </main>
    ),
    "/profile/api-keys",
  );
  return portal;
}

afterEach(() => vi.unstubAllGlobals());

it("makes a key for the chosen contracts and shows it once", async () => {
  const { calls } = await open([]);
  await userEvent.type(await screen.findByLabelText("Название"), "Домашний сервер");
  await userEvent.click(screen.getByRole("button", { name: "СОЗДАТЬ КЛЮЧ" }));
  expect(await screen.findByText("hh_secret")).toBeTruthy();
  expect(calls.find(({ path }) => path === MAKE)?.body).toEqual({
    name: "Домашний сервер",
    contract_ids: [CONTRACT.id],
    expires_in_days: 90,
  });
  await userEvent.click(screen.getByRole("button", { name: "Закрыть" }));
  await waitFor(() => expect(screen.queryByText("hh_secret")).toBeNull());
});

it("makes no key that could read nothing", async () => {
  const { calls } = await open([]);
  await userEvent.type(await screen.findByLabelText("Название"), "x");
  await userEvent.click(screen.getByLabelText("Дача, 76-1"));
  await userEvent.click(screen.getByRole("button", { name: "СОЗДАТЬ КЛЮЧ" }));
  expect(screen.getByText("Выберите хотя бы один договор")).toBeTruthy();
  expect(calls.map(({ path }) => path)).not.toContain(MAKE);
});

it("lists what a key reads, and revokes it after one more question", async () => {
  const { calls } = await open([KEY]);
  expect(await screen.findByText("Дача")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Отозвать: Домашний сервер" }));
  await userEvent.click(await screen.findByRole("button", { name: "ОТОЗВАТЬ" }));
  await waitFor(() => expect(calls.map(({ path }) => path)).toContain(REVOKE));
});

it("offers no revoking of a key that is over", async () => {
  await open([{ ...KEY, expires_at: "2020-01-01T00:00:00Z" }]);
  expect(await screen.findByText("ИСТЁК")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Отозвать/ })).toBeNull();
});
