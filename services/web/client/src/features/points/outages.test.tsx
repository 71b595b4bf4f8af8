import { screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { json, problem } from "../../testing/answers";
import { stubPortal } from "../../testing/portal";
import { renderPart } from "../../testing/render";
import { PlannedOutages } from "./PlannedOutages";

vi.mock("../../shared/api/session", () => ({
  accessToken: async () => "token",
  dropToken: vi.fn(),
  sessionUser: () => null,
}));

const PATH = "GET /api/v1/points/p/planned-outages";
const OUTAGE = {
  id: "1",
  starts_at: "2026-12-03T05:00:00Z",
  ends_at: "2026-12-03T09:00:00Z",
  reason: "Замена опоры",
  cancelled: false,
  announced_at: "2026-11-24T05:00:00Z",
};
const answer = (...items: object[]) => ({ point_id: "p", time_zone: "Europe/Samara", as_of: "", items });

afterEach(() => vi.unstubAllGlobals());

it("tells each planned outage in the time of the point, with its reason, and which are called off", async () => {
  stubPortal({ [PATH]: () => json(answer(OUTAGE, { ...OUTAGE, id: "2", cancelled: true })) });
  renderPart(<PlannedOutages pointId="p" />);
  await screen.findByRole("region", { name: "Плановые отключения" });
  expect(screen.getAllByRole("listitem").map((item) => item.textContent?.replace(/\s/g, " "))).toEqual([
    "03.12.2026 09:00–13:00: Замена опоры",
    "03.12.2026 09:00–13:00, отменено: Замена опоры",
  ]);
});

it("takes no room where nothing is planned, or where it cannot be known", async () => {
  const portal = stubPortal({ [PATH]: () => problem(503, "busy") });
  renderPart(<PlannedOutages pointId="p" />);
  await vi.waitFor(() => expect(portal.calls.length).toBeGreaterThan(0));
  expect(screen.queryByRole("region")).toBeNull();
});
