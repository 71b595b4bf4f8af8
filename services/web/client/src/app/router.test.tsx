import { expect, it, vi } from "vitest";
import { createPortalRouter } from "./router";

const user = { roles: [] };
vi.mock("../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionState: () => ({ status: "lapsed", user }),
  sessionUser: () => user,
}));

it("leads staff whose session ended before they had added a factor to the entrance, and back from there", async () => {
  window.history.replaceState(null, "", "/add-factor?next=%2Foperator%2Fimport");
  const router = createPortalRouter();
  await router.load();
  expect(router.state.location.href).toBe("/sign-in?next=%2Foperator%2Fimport");
});
