import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { renewSession } from "../../shared/api/session";
import type { Enrolment, Factor } from "../../shared/api/types";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { FactorsBlock } from "./FactorsBlock";

const user = vi.hoisted(() => ({ roles: ["consumer"] }));
vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  renewSession: vi.fn(async () => undefined),
  sessionUser: () => user,
}));

const TOTP: Factor = {
  id: "00000000-0000-0000-0000-000000000003",
  kind: "totp",
  name: "Приложение с кодами",
  phone_hint: null,
  created_at: "2026-11-20T10:00:00Z",
  last_used_at: null,
};
const ENROLMENT: Enrolment = {
  enrolment_id: "00000000-0000-0000-0000-000000000004",
  kind: "totp",
  expires_in: 600,
  totp: { secret: "ABCDEFGH", uri: "otpauth://totp/x", qr_svg: '<svg width="4"><path d="M0 0"/></svg>' },
  sms: null,
  passkey: null,
};
const CONFIRM = "POST /api/v1/me/factors/confirm";
const CODES = Array.from({ length: 10 }, (_, index) => `code-${index}`);
const listed = (items: Factor[]) => () =>
  json({ items, next_cursor: null, recovery_codes_left: items.length === 0 ? 0 : 10 });

async function open(answers: Parameters<typeof stubPortal>[0]) {
  const portal = stubPortal(answers);
  await renderPage(
    () => (
      <main>
        <h1>Профиль</h1>
        <FactorsBlock />
      </main>
    ),
    "/profile/security",
  );
  return portal;
}

beforeEach(() => {
  user.roles = ["consumer"];
});
beforeEach(() => vi.stubGlobal("PublicKeyCredential", undefined));
afterEach(() => vi.unstubAllGlobals());

it("sets up an app with the QR code as an image, then shows the recovery codes once", async () => {
  const { calls } = await open({
    "GET /api/v1/me/factors": listed([]),
    "POST /api/v1/me/factors": () => json(ENROLMENT, 201),
    [CONFIRM]: () => json({ factor: TOTP, recovery_codes: CODES }, 201),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Подключить: Приложение с кодами" }));
  const image = await screen.findByRole<HTMLImageElement>("img", { name: "QR-код для приложения" });
  expect(decodeURIComponent(image.src)).toContain('<svg xmlns="http://www.w3.org/2000/svg" width="4">');
  expect(screen.getByTestId("totp-secret").textContent).toBe("ABCD EFGH");
  await userEvent.type(screen.getByLabelText("Код из приложения"), "123456");
  await userEvent.click(screen.getByRole("button", { name: "ПОДТВЕРДИТЬ" }));
  const codes = await screen.findByRole("dialog", { name: "Резервные коды" });
  expect(within(codes).getAllByRole("listitem")).toHaveLength(10);
  expect(calls.find(({ path }) => path === CONFIRM)?.body).toEqual({
    enrolment_id: ENROLMENT.enrolment_id,
    code: "123456",
    credential: null,
  });
});

it("keeps the QR code on the page when the code was wrong", async () => {
  await open({
    "GET /api/v1/me/factors": listed([]),
    "POST /api/v1/me/factors": () => json(ENROLMENT, 201),
    [CONFIRM]: () => problem(403, "second_factor_wrong"),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Подключить: Приложение с кодами" }));
  await userEvent.type(await screen.findByLabelText("Код из приложения"), "000000");
  await userEvent.click(screen.getByRole("button", { name: "ПОДТВЕРДИТЬ" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Неверный код");
  expect(screen.getByTestId("totp-secret")).toBeTruthy();
});

it("offers no passkey where the browser has none, and no second app", async () => {
  await open({ "GET /api/v1/me/factors": listed([TOTP]) });
  expect(await screen.findByText("осталось 10 кодов")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Подключить: Ключ/ })).toBeNull();
  expect(screen.queryByRole("button", { name: /Подключить: Приложение/ })).toBeNull();
  expect(screen.getByRole("button", { name: "Подключить: Код по СМС" })).toBeTruthy();
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations).toEqual([]);
});

it("removes a factor only after one more question", async () => {
  const remove = `DELETE /api/v1/me/factors/${TOTP.id}`;
  const { calls } = await open({
    "GET /api/v1/me/factors": listed([TOTP]),
    [remove]: () => new Response(null, { status: 204 }),
  });
  const sent = () => calls.some(({ path }) => path === remove);
  await userEvent.click(await screen.findByRole("button", { name: "Отключить: Приложение с кодами" }));
  await userEvent.click(await screen.findByRole("button", { name: "ОТМЕНА" }));
  expect(sent()).toBe(false);
  await userEvent.click(screen.getByRole("button", { name: "Отключить: Приложение с кодами" }));
  await userEvent.click(await screen.findByRole("button", { name: "ОТКЛЮЧИТЬ" }));
  await waitFor(() => expect(sent()).toBe(true));
  expect(renewSession).not.toHaveBeenCalled();
});

it("warns staff that nothing opens without a second factor, and asks for another at once", async () => {
  user.roles = ["operator"];
  await open({
    "GET /api/v1/me/factors": listed([TOTP]),
    [`DELETE /api/v1/me/factors/${TOTP.id}`]: () => new Response(null, { status: 204 }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Отключить: Приложение с кодами" }));
  expect((await screen.findByRole("dialog")).textContent).toContain("сразу понадобится подключить новый");
  await userEvent.click(screen.getByRole("button", { name: "ОТКЛЮЧИТЬ" }));
  await waitFor(() => expect(renewSession).toHaveBeenCalledOnce());
});
