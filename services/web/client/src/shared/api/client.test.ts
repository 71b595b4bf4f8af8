import { beforeEach, expect, it, vi } from "vitest";
import { json, problem, SESSION } from "../../testing/answers";
import { fetchClient } from "./client";
import { accessToken, dropToken } from "./session";

vi.mock("./session", () => ({ accessToken: vi.fn(), dropToken: vi.fn(), sessionUser: () => SESSION.user }));

const fetched = vi.fn<typeof fetch>();
const contracts = () => fetchClient.GET("/api/v1/contracts", { baseUrl: "http://portal.example" });
const sent = (index: number) => new Request(fetched.mock.calls[index]?.[0] ?? "http://none.example").headers;

beforeEach(() => {
  vi.stubGlobal("fetch", fetched);
  fetched.mockReset();
  vi.mocked(dropToken).mockReset();
  vi.mocked(accessToken).mockReset().mockResolvedValue("first");
});

it("sends the token and the language of the page", async () => {
  fetched.mockResolvedValueOnce(json({ items: [], next_cursor: null }));
  await contracts();
  expect(sent(0).get("Authorization")).toBe("Bearer first");
  expect(sent(0).get("Accept-Language")).toBe("ru");
});

it("tries once more with a new token after a refusal", async () => {
  vi.mocked(accessToken).mockResolvedValueOnce("first").mockResolvedValueOnce("second");
  fetched.mockResolvedValueOnce(problem(401, "token_expired"));
  fetched.mockResolvedValueOnce(json({ items: [], next_cursor: null }));
  const { data } = await contracts();
  expect(data).toEqual({ items: [], next_cursor: null });
  expect(dropToken).toHaveBeenCalledExactlyOnceWith("first");
  expect(accessToken).toHaveBeenLastCalledWith(SESSION.user);
  expect(sent(1).get("Authorization")).toBe("Bearer second");
});

it("gives up after the second refusal", async () => {
  fetched.mockImplementation(() => Promise.resolve(problem(401, "invalid_token")));
  await expect(contracts()).rejects.toMatchObject({ status: 401 });
  expect(fetched).toHaveBeenCalledTimes(2);
});

it("asks nothing without a session", async () => {
  vi.mocked(accessToken).mockResolvedValue(null);
  await expect(contracts()).rejects.toMatchObject({ code: "unauthenticated" });
  expect(fetched).not.toHaveBeenCalled();
});

it("throws the problem of an answer, and a problem for no answer at all", async () => {
  fetched.mockResolvedValueOnce(problem(404, "contract_not_found"));
  await expect(contracts()).rejects.toMatchObject({ status: 404, code: "contract_not_found" });
  fetched.mockRejectedValueOnce(new TypeError("offline"));
  await expect(contracts()).rejects.toMatchObject({ status: 0, code: "network" });
});
