import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { json, problem, SESSION } from "../../testing/answers";

type SessionModule = typeof import("./session");

const fetched = vi.fn<typeof fetch>();
let session: SessionModule;

const paths = () => fetched.mock.calls.map(([path]) => String(path));

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.stubGlobal("fetch", fetched);
  fetched.mockReset();
  localStorage.clear();
  vi.resetModules();
  session = await import("./session");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function stubLocks(request: LockManager["request"]) {
  vi.stubGlobal("navigator", { locks: { request } });
}

const OTHER = {
  ...SESSION,
  access_token: "other",
  user: { ...SESSION.user, id: "00000000-0000-0000-0000-000000000002" },
};
const LEFT = { status: "signed_out", reason: "left" };

async function signIn() {
  fetched.mockResolvedValueOnce(json(SESSION, 201));
  await session.signIn("consumer@halfhour.example", "secret");
}

it("asks for no session where none ever was", async () => {
  await session.restoreSession();
  expect(session.sessionState()).toEqual({ status: "signed_out", reason: "no_session" });
  expect(fetched).not.toHaveBeenCalled();
});

it("INVARIANT: no token is ever in web storage", async () => {
  await signIn();
  expect(await session.accessToken()).toBe("first");
  expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain("first");
});

it("sends the header that no foreign page can send", async () => {
  await signIn();
  const headers = new Headers(fetched.mock.calls[0]?.[1]?.headers);
  expect(headers.get("X-Requested-With")).toBe("halfhour");
});

it("refreshes once for all who ask when the token is about to end", async () => {
  await signIn();
  vi.setSystemTime(Date.now() + 580_000);
  fetched.mockResolvedValueOnce(json({ ...SESSION, access_token: "second" }));
  const tokens = await Promise.all([session.accessToken(), session.accessToken(), session.accessToken()]);
  expect(tokens).toEqual(["second", "second", "second"]);
  expect(paths()).toEqual(["/api/v1/sessions", "/api/v1/sessions/refresh"]);
});

it("refreshes under a lock that all tabs share", async () => {
  await signIn();
  session.dropToken("first");
  const request = vi.fn((_: string, task: () => Promise<void>) => task());
  stubLocks(request as unknown as LockManager["request"]);
  fetched.mockResolvedValueOnce(json({ ...SESSION, access_token: "second" }));
  expect(await session.accessToken()).toBe("second");
  expect(request).toHaveBeenCalledExactlyOnceWith("halfhour-session", expect.any(Function));
});

it("tries a refresh again that came too fast after others", async () => {
  await signIn();
  session.dropToken("first");
  fetched.mockResolvedValueOnce(problem(409, "refresh_too_fast"));
  fetched.mockResolvedValueOnce(json({ ...SESSION, access_token: "second" }));
  expect(await session.accessToken()).toBe("second");
});

it("asks to sign in at the start when the server knows the session no more", async () => {
  localStorage.setItem("halfhour.session", "1");
  fetched.mockResolvedValueOnce(problem(401, "session_ended"));
  await session.restoreSession();
  expect(session.sessionState()).toEqual({ status: "signed_out", reason: "ended" });
  expect(await session.accessToken()).toBeNull();
  expect(fetched).toHaveBeenCalledTimes(1);
});

async function lapse(): Promise<Promise<string | null>[]> {
  await signIn();
  session.dropToken("first");
  fetched.mockResolvedValueOnce(problem(401, "session_ended"));
  const waiting = [session.accessToken(), session.accessToken()];
  await vi.waitFor(() => expect(session.sessionState()).toEqual({ status: "lapsed", user: SESSION.user }));
  return waiting;
}

it("keeps calls of an open page waiting until its user has signed in again", async () => {
  const waiting = await lapse();
  fetched.mockResolvedValueOnce(json({ ...SESSION, access_token: "again" }, 201));
  await session.signIn("consumer@halfhour.example", "secret");
  expect(await Promise.all(waiting)).toEqual(["again", "again"]);
  expect(paths()).toEqual(["/api/v1/sessions", "/api/v1/sessions/refresh", "/api/v1/sessions"]);
});

it("lets waiting calls go without a token when the user leaves", async () => {
  const waiting = await lapse();
  session.abandonSession();
  expect(await Promise.all(waiting)).toEqual([null, null]);
  expect(session.sessionState()).toEqual({ status: "signed_out", reason: "left" });
});

it.each([
  ["the network is away", () => Promise.reject(new TypeError("offline"))],
  ["the server is busy", () => Promise.resolve(problem(503, "busy"))],
])("lives on when %s at a refresh", async (_, answer) => {
  await signIn();
  session.dropToken("first");
  fetched.mockImplementationOnce(answer);
  await expect(session.accessToken()).rejects.toMatchObject({ isTransient: true });
  expect(session.sessionState().status).toBe("signed_in");
});

it("says what was wrong with a sign-in and stays signed out", async () => {
  await session.restoreSession();
  fetched.mockResolvedValueOnce(problem(401, "invalid_credentials"));
  await expect(session.signIn("a@b.example", "wrong")).rejects.toMatchObject({ code: "invalid_credentials" });
  expect(session.sessionState().status).toBe("signed_out");
});

it("signs out here even if the server cannot be told, and tells the other tabs", async () => {
  await signIn();
  const heard = new Promise((resolve) => {
    new BroadcastChannel("halfhour-session").onmessage = ({ data }) => resolve(data);
  });
  fetched.mockRejectedValueOnce(new TypeError("offline"));
  await session.signOut();
  expect(session.sessionState()).toEqual({ status: "signed_out", reason: "left" });
  expect(await session.accessToken()).toBeNull();
  expect(await heard).toBe("signed_out");
});

it("signs out when another tab did", async () => {
  await signIn();
  const changed = new Promise<void>((resolve) => session.subscribeSession(resolve));
  new BroadcastChannel("halfhour-session").postMessage("signed_out");
  await changed;
  expect(session.sessionState()).toEqual({ status: "signed_out", reason: "left" });
});

it("INVARIANT: a user's request is never sent again as another user, who signed in in another tab", async () => {
  await signIn();
  // The client of this very session, whose module was loaded anew.
  const { fetchClient } = await import("./client");
  fetched.mockResolvedValueOnce(problem(401, "token_expired"));
  fetched.mockResolvedValueOnce(json(OTHER));
  fetched.mockImplementation(() => Promise.resolve(json({ items: [], next_cursor: null })));
  const asked = fetchClient.GET("/api/v1/contracts", { baseUrl: "http://portal.example" });
  await expect(asked).rejects.toMatchObject({ code: "unauthenticated" });
  expect(fetched).toHaveBeenCalledTimes(3);
  expect(session.sessionState()).toEqual(LEFT);
  expect(localStorage.getItem("halfhour.session")).toBe("1");
});

it("gives who signs in next in this tab no request of the user before", async () => {
  await signIn();
  const asker = session.sessionUser();
  session.abandonSession();
  fetched.mockResolvedValueOnce(json(OTHER, 201));
  await session.signIn("other@halfhour.example", "secret");
  expect(await session.accessToken(asker)).toBeNull();
  expect(await session.accessToken()).toBe("other");
});

it("does not come back by a refresh that was under way when another tab signed out", async () => {
  await signIn();
  session.dropToken("first");
  let answer: (response: Response) => void = () => undefined;
  fetched.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  const asked = session.accessToken();
  const changed = new Promise<void>((resolve) => session.subscribeSession(resolve));
  new BroadcastChannel("halfhour-session").postMessage("signed_out");
  await changed;
  answer(json(SESSION));
  expect(await asked).toBeNull();
  expect(session.sessionState()).toEqual(LEFT);
});

it("leaves when another user signs in in another tab", async () => {
  await signIn();
  const changed = new Promise<void>((resolve) => session.subscribeSession(resolve));
  new BroadcastChannel("halfhour-session").postMessage({ signedIn: OTHER.user.id });
  await changed;
  expect(session.sessionState()).toEqual(LEFT);
});

it("goes on when the user of a lapsed session signs in again in another tab", async () => {
  const waiting = await lapse();
  fetched.mockResolvedValueOnce(json({ ...SESSION, access_token: "again" }));
  new BroadcastChannel("halfhour-session").postMessage({ signedIn: SESSION.user.id });
  expect(await Promise.all(waiting)).toEqual(["again", "again"]);
});

it("tells the other tabs who signs in, and that the session was left", async () => {
  const heard: unknown[] = [];
  new BroadcastChannel("halfhour-session").onmessage = ({ data }) => heard.push(data);
  await signIn();
  session.abandonSession();
  await vi.waitFor(() => expect(heard).toEqual([{ signedIn: SESSION.user.id }, "signed_out"]));
});
