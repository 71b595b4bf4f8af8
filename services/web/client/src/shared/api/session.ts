/**
 * The user's session: the only module that knows tokens. The access token lives in this module's memory,
 * the refresh token in a cookie that no script can read; web storage holds one flag, "a session existed".
 */
import { networkProblem, ProblemError, problemOf } from "./problem";
import type { Challenge, FactorAnswer, Session, User } from "./types";

/** lapsed: it ended while the page was open; the page stays, and calls wait until the same user has signed in again. */
export type SessionState =
  | { status: "unknown" }
  | { status: "signed_out"; reason: "no_session" | "ended" | "left" }
  | { status: "signed_in"; user: User }
  | { status: "lapsed"; user: User };

const SESSIONS = "/api/v1/sessions";
const HEADERS = { "X-Requested-With": "halfhour", "Content-Type": "application/json" };
const FLAG = "halfhour.session";
const LOCK = "halfhour-session";
const EARLY_MS = 30_000;
const TOO_FAST_MS = 1_000;

let state: SessionState = { status: "unknown" };
let token: { value: string; expiresAtMs: number } | null = null;
let refreshing: Promise<void> | null = null;
const listeners = new Set<() => void>();
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(LOCK);

/** What one tab tells the others: the cookie is one for all of them. */
type News = "signed_out" | { signedIn: string };

channel?.addEventListener("message", ({ data }: MessageEvent<News>) => {
  if (data === "signed_out" || isAnother(data.signedIn)) stepAside();
  // What fails here is asked again by the dialog, which is still open.
  else if (state.status === "lapsed") refresh().catch(() => undefined);
});

export function sessionState(): SessionState {
  return state;
}

/** Whose pages are shown. */
export function sessionUser(): User | null {
  return state.status === "signed_in" || state.status === "lapsed" ? state.user : null;
}

export function subscribeSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Ask the server for a session once at start; without the flag there is none to ask for. */
export async function restoreSession(): Promise<void> {
  if (state.status !== "unknown") return;
  if (localStorage.getItem(FLAG) === null) {
    setState({ status: "signed_out", reason: "no_session" });
    return;
  }
  await refresh();
}

/** Begins the session, or returns the challenge of a user who also has a second factor. */
export async function signIn(email: string, password: string): Promise<Challenge | null> {
  const response = await post(SESSIONS, { email, password });
  if (!response.ok) throw await problemOf(response);
  if (response.status === 202) return (await response.json()) as Challenge;
  begin((await response.json()) as Session);
  return null;
}

export async function signInWithFactor(answer: FactorAnswer): Promise<void> {
  const response = await post(`${SESSIONS}/second-factor`, answer);
  if (!response.ok) throw await problemOf(response);
  begin((await response.json()) as Session);
}

/** Leaves the pages of a session that has ended, with all that was typed on them. */
export function abandonSession(): void {
  leave();
}

/** The session ends here even when the server cannot be told: then its refresh token ends by age. */
export async function signOut(): Promise<void> {
  try {
    await post(`${SESSIONS}/logout`, {});
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
  } finally {
    leave();
  }
}

/**
 * A token that is good for some seconds yet, or null when there is no session, or one of another user than asks.
 * Waits while the session is lapsed.
 */
export async function accessToken(asker: User | null = sessionUser()): Promise<string | null> {
  if (token === null || token.expiresAtMs - EARLY_MS <= Date.now()) {
    if (state.status === "signed_out") return null;
    if (state.status !== "lapsed") await refresh();
    await decided();
  }
  return asker === null || asker.id === sessionUser()?.id ? currentToken() : null;
}

/** What the session may do, or what its token tells, has changed on the server. */
export function renewSession(): Promise<void> {
  return refresh();
}

/** Resolves when the user of a lapsed session has signed in again or left; at once when none is lapsed. */
function decided(): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (state.status === "lapsed") return;
      stop();
      resolve();
    };
    const stop = subscribeSession(look);
    look();
  });
}

function currentToken(): string | null {
  return token === null ? null : token.value;
}

/** The server refused this token although its time was not over. */
export function dropToken(refused: string): void {
  if (token?.value === refused) token = null;
}

/** One refresh at a time in this tab, and, by the Web Lock, in all tabs: the cookie rotates with each. */
function refresh(): Promise<void> {
  refreshing ??= locked(refreshNow).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** Browsers have no Web Locks on a page without HTTPS; there the server's grace must do. */
function locked(task: () => Promise<void>): Promise<void> {
  const { locks } = navigator as { locks?: LockManager | null };
  return locks ? locks.request(LOCK, task) : task();
}

async function refreshNow(): Promise<void> {
  const asker = sessionUser();
  let response = await post(`${SESSIONS}/refresh`, {});
  if (response.status === 409) {
    // Too many refreshes at once, say by a browser without Web Locks: the next one is right again.
    await new Promise((resolve) => setTimeout(resolve, TOO_FAST_MS));
    response = await post(`${SESSIONS}/refresh`, {});
  }
  const session = response.ok ? ((await response.json()) as Session) : null;
  // Left meanwhile, say by a sign-out in another tab.
  if (asker !== null && sessionUser() === null) return;
  if (session !== null) {
    // The cookie is of whoever signed in last: what this page was doing is not the other user's.
    if (isAnother(session.user.id)) stepAside();
    else accept(session);
    return;
  }
  if (response.status === 401 || response.status === 403) {
    end();
    return;
  }
  throw await problemOf(response);
}

async function post(path: string, body: object): Promise<Response> {
  try {
    return await fetch(path, {
      method: "POST",
      headers: HEADERS,
      body: JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch {
    throw networkProblem();
  }
}

function begin(session: Session): void {
  accept(session);
  tell({ signedIn: session.user.id });
}

function accept(session: Session): void {
  token = { value: session.access_token, expiresAtMs: Date.now() + session.expires_in * 1000 };
  localStorage.setItem(FLAG, "1");
  setState({ status: "signed_in", user: session.user });
}

function end(): void {
  const user = sessionUser();
  drop(user === null ? { status: "signed_out", reason: "ended" } : { status: "lapsed", user });
}

function leave(): void {
  drop({ status: "signed_out", reason: "left" });
  tell("signed_out");
}

/** Leaves the pages here alone: the flag in the storage is of the tab that knows better. */
function stepAside(): void {
  token = null;
  setState({ status: "signed_out", reason: "left" });
}

function isAnother(userId: string): boolean {
  const user = sessionUser();
  return user !== null && user.id !== userId;
}

function tell(news: News): void {
  channel?.postMessage(news);
}

function drop(next: SessionState): void {
  token = null;
  localStorage.removeItem(FLAG);
  setState(next);
}

function setState(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}
