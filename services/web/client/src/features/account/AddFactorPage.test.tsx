import { focusManager, onlineManager } from "@tanstack/react-query";
import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, expect, it, vi } from "vitest";
import { networkProblem } from "../../shared/api/problem";
import { renewSession, signOut } from "../../shared/api/session";
import { json } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { AddFactorPage } from "./AddFactorPage";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  renewSession: vi.fn(),
  sessionUser: () => null,
  signOut: vi.fn(async () => undefined),
}));

const FACTOR = {
  id: "00000000-0000-0000-0000-000000000003",
  kind: "sms",
  name: "Код по СМС",
  phone_hint: "+7•••••••22",
  created_at: "2026-11-20T10:00:00Z",
  last_used_at: null,
};
const ENROLMENT = {
  enrolment_id: "00000000-0000-0000-0000-000000000004",
  kind: "sms",
  expires_in: 600,
  totp: null,
  sms: { phone_hint: "+7•••••••22" },
  passkey: null,
};
const click = (name: string) => userEvent.click(screen.getByRole("button", { name }));

afterEach(() => vi.unstubAllGlobals());

async function open() {
  const portal = stubPortal({
    "GET /api/v1/me/factors": () => json({ items: [], next_cursor: null, recovery_codes_left: 0 }),
    "POST /api/v1/me/factors": () => json(ENROLMENT, 201),
    "POST /api/v1/me/factors/confirm": () => json({ factor: FACTOR, recovery_codes: ["one", "two"] }, 201),
  });
  await renderPage(AddFactorPage, "/add-factor");
  await screen.findByRole("button", { name: "Подключить: Код по СМС" });
  return portal;
}

it("goes on with the role when the recovery codes are put away, and offers it again when that failed", async () => {
  vi.mocked(renewSession).mockRejectedValueOnce(networkProblem()).mockResolvedValue(undefined);
  await open();
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations).toEqual([]);
  await click("Подключить: Код по СМС");
  await userEvent.type(await screen.findByLabelText("Код из СМС"), "123456");
  await click("ПОДТВЕРДИТЬ");
  await screen.findByRole("dialog", { name: "Резервные коды" });
  expect(renewSession).not.toHaveBeenCalled();
  await click("КОДЫ СОХРАНЕНЫ");
  expect(await screen.findByRole("alert")).toBeTruthy();
  await click("ПРОДОЛЖИТЬ");
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  expect(renewSession).toHaveBeenCalledTimes(2);
});

it("asks for nothing while the recovery codes are shown: who looks away to store them finds them again", async () => {
  const { calls } = await open();
  await click("Подключить: Код по СМС");
  await userEvent.type(await screen.findByLabelText("Код из СМС"), "123456");
  await click("ПОДТВЕРДИТЬ");
  await screen.findByRole("dialog", { name: "Резервные коды" });
  const asked = calls.length;
  act(() => {
    focusManager.setFocused(false);
    focusManager.setFocused(true);
    onlineManager.setOnline(false);
    onlineManager.setOnline(true);
  });
  await new Promise((resolve) => setTimeout(resolve));
  expect(calls).toHaveLength(asked);
});

it("lets go who has no factor at hand", async () => {
  await open();
  await click("ВЫЙТИ");
  expect(signOut).toHaveBeenCalledOnce();
});
