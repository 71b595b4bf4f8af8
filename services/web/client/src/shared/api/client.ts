/** The typed client of the portal's API: bearer token, language, one retry after a refused token, errors as ProblemError. */
import { QueryClient } from "@tanstack/react-query";
import createFetchClient from "openapi-fetch";
import createClient from "openapi-react-query";
import { currentLanguage } from "../i18n/language";
import { asProblem, networkProblem, ProblemError, problemOf } from "./problem";
import type { paths } from "./schema";
import { accessToken, dropToken, sessionUser } from "./session";

export const fetchClient = createFetchClient<paths>({ baseUrl: "/", fetch: authorizedFetch });
export const api = createClient(fetchClient);

/** For what is asked before a session exists: no token is sent, and a refusal signs nobody out. */
export const publicFetchClient = createFetchClient<paths>({ baseUrl: "/", fetch: anonymousFetch });
export const publicApi = createClient(publicFetchClient);

/** The body of an answer that has one. */
export function dataOf<Data>({ data }: { data?: Data }): Data {
  if (data === undefined) throw new ProblemError({ status: 0, code: "unexpected" });
  return data;
}

export const RETRIES = 2;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) => failures < RETRIES && asProblem(error).isTransient,
        refetchOnWindowFocus: true,
      },
    },
  });
}

async function authorizedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await accessToken();
  const user = sessionUser();
  let response = await send(request, token);
  if (response.status === 401 && token !== null) {
    dropToken(token);
    response = await send(again, await accessToken(user));
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function anonymousFetch(request: Request): Promise<Response> {
  const response = await answerOf(request);
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function send(request: Request, token: string | null): Promise<Response> {
  if (token === null) throw new ProblemError({ status: 401, code: "unauthenticated" });
  request.headers.set("Authorization", `Bearer ${token}`);
  return answerOf(request);
}

async function answerOf(request: Request): Promise<Response> {
  request.headers.set("Accept-Language", currentLanguage());
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw networkProblem();
  }
}
