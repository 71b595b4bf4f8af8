import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Contract } from "../../shared/api/types";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPage } from "../../testing/render";
import { AcceptInvitationPage } from "./AcceptInvitationPage";
import { RenameDialog } from "./RenameDialog";
import { UnlinkDialog } from "./UnlinkDialog";

const session = vi.hoisted(() => ({ status: "signed_in", roles: ["consumer"] }));
vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => session,
  sessionState: () => session,
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
const ONE = `/api/v1/contracts/${CONTRACT.id}`;
const ACCEPT = "POST /api/v1/invitations/accept";

function openDialog(Part: typeof RenameDialog, onClose: () => void) {
  return renderPage(
    () => (
      <main>
        <h1>Главная</h1>
        <Part contract={CONTRACT} onClose={onClose} />
      </main>
    ),
    "/",
  );
}

async function openInvitation(answers: Parameters<typeof stubPortal>[0]) {
  window.location.hash = "#token=abc";
  const portal = stubPortal(answers);
  await renderPage(AcceptInvitationPage, "/accept-invitation");
  return portal;
}

beforeEach(() => {
  session.status = "signed_in";
  session.roles = ["consumer"];
  sessionStorage.clear();
});
afterEach(() => {
  vi.unstubAllGlobals();
  window.location.hash = "";
});

it("renames a contract, and closes only after the server took the name", async () => {
  const { calls } = stubPortal({ [`PATCH ${ONE}`]: () => json({ ...CONTRACT, name: "У реки" }) });
  const onClose = vi.fn();
  await openDialog(RenameDialog, onClose);
  const name = await screen.findByLabelText("Название");
  await userEvent.clear(name);
  await userEvent.click(screen.getByRole("button", { name: "СОХРАНИТЬ" }));
  expect(screen.getByText("Поле обязательно для заполнения")).toBeTruthy();
  expect(onClose).not.toHaveBeenCalled();
  await userEvent.type(name, " У реки ");
  await userEvent.click(screen.getByRole("button", { name: "СОХРАНИТЬ" }));
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(calls).toEqual([{ path: `PATCH ${ONE}`, body: { name: "У реки" } }]);
});

it("stays open, and says why, when a contract could not be unlinked", async () => {
  stubPortal({ [`DELETE ${ONE}`]: () => problem(503, "busy") });
  const onClose = vi.fn();
  await openDialog(UnlinkDialog, onClose);
  await userEvent.click(await screen.findByRole("button", { name: "ОТВЯЗАТЬ" }));
  expect((await screen.findByRole("alert")).textContent).toContain("временно недоступен");
  expect(onClose).not.toHaveBeenCalled();
});

it("accepts an invitation under the guest's own name for it, and goes to the contract", async () => {
  const { calls } = await openInvitation({ [ACCEPT]: () => json({ ...CONTRACT, rights: "read" }, 201) });
  await userEvent.type(screen.getByLabelText("Название"), "Сосед");
  await userEvent.click(screen.getByRole("button", { name: "ПРИНЯТЬ" }));
  expect(await screen.findByText(`at /contracts/${CONTRACT.id}`)).toBeTruthy();
  expect(calls).toEqual([{ path: ACCEPT, body: { token: "abc", name: "Сосед" } }]);
});

it("INVARIANT: the token of an invitation is in no address that a server sees", async () => {
  // A query of the sign-in page would be in the logs of every server on its way.
  session.status = "signed_out";
  await openInvitation({});
  const signIn = screen.getByRole<HTMLAnchorElement>("link", { name: "ВОЙТИ" });
  expect(signIn.href).not.toContain("abc");
  await userEvent.click(signIn);
  expect(sessionStorage.getItem("halfhour.invitation")).toBe("abc");
});

it("leads staff without a second factor to it first, and lets the invitation wait", async () => {
  session.roles = [];
  await openInvitation({});
  await userEvent.click(screen.getByRole("link", { name: "ВОЙТИ" }));
  expect(await screen.findByText("at /add-factor")).toBeTruthy();
  expect(sessionStorage.getItem("halfhour.invitation")).toBe("abc");
});

it("offers no second try of an invitation that is over", async () => {
  await openInvitation({ [ACCEPT]: () => problem(410, "link_expired") });
  await userEvent.click(screen.getByRole("button", { name: "ПРИНЯТЬ" }));
  expect((await screen.findByRole("alert")).textContent).toBe("Срок действия ссылки истёк.");
  expect(screen.queryByRole("button", { name: "ПРИНЯТЬ" })).toBeNull();
  expect(screen.getByRole("link", { name: "На главную" })).toBeTruthy();
});
