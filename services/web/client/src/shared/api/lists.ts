/**
 * The cursor lists of the API, each with one cache entry for all its readers. Never read one of these paths with
 * `api.useQuery`: both kinds of query would share a key and not a shape. The first cursor is null, since
 * openapi-react-query turns undefined into 0.
 */
import { keepPreviousData } from "@tanstack/react-query";
import { api, RETRIES } from "./client";
import { isFresh, useIsToldToOthers } from "./freshLinks";
import { asProblem } from "./problem";

interface Page<Item> {
  items: Item[];
  as_of?: string | null;
  next_cursor: string | null;
}

interface InfiniteQuery<Item> {
  data: { pages: Page<Item>[] } | undefined;
  error: unknown;
  isFetching: boolean;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

export interface List<Item> extends Omit<InfiniteQuery<Item>, "data"> {
  data: Item[] | undefined;
  /** Until when the first page holds what there is; undefined before it is there, and of lists without it. */
  asOf: string | null | undefined;
  /** The contract is so new that its data may not be there yet; they are asked for again without a word. */
  isPreparing?: boolean;
}

const BILLS_AT_ONCE = 6;

export const BY_CURSOR = {
  pageParamName: "cursor",
  initialPageParam: null,
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor,
};

const UNHEARD_AGAIN_MS = 1_000;

/** For lists of services that hear of a new link a moment after it was made, and have no such contract until then. */
function useOfAnotherService(contractId: string) {
  const enabled = useIsToldToOthers(contractId);
  const retry = (failures: number, error: unknown) => {
    const { isTransient, status } = asProblem(error);
    if (status === 404 && isFresh(contractId)) return true;
    return failures < RETRIES && (isTransient || status === 404);
  };
  const retryDelay = (failures: number) => UNHEARD_AGAIN_MS * (isFresh(contractId) ? 1 : 2 ** failures);
  return { ...BY_CURSOR, enabled, retry, retryDelay };
}

function ofAnotherService<Item>(
  query: InfiniteQuery<Item>,
  contractId: string,
  { enabled }: { enabled: boolean },
): List<Item> {
  // Until it is asked again, an error is of the time before the link.
  const isRefused = Boolean(query.error) && enabled;
  return { ...flat(query), isPreparing: isFresh(contractId) && !isRefused };
}

export function useContracts() {
  return flat(api.useInfiniteQuery("get", "/api/v1/contracts", {}, BY_CURSOR));
}

/** Asks nobody. */
function useKnownContract(contractId: string) {
  const known = flat(api.useInfiniteQuery("get", "/api/v1/contracts", {}, { ...BY_CURSOR, enabled: false }));
  return known.data?.find(({ id }) => id === contractId);
}

/** One contract of the caller's list; what an earlier page has heard of it is shown at once. */
export function useContract(contractId: string) {
  const known = useKnownContract(contractId);
  const query = api.useQuery("get", "/api/v1/contracts/{contract_id}", {
    params: { path: { contract_id: contractId } },
  });
  return { ...query, data: query.data ?? known };
}

export function usePoints(contractId: string) {
  const options = useOfAnotherService(contractId);
  const params = { path: { contract_id: contractId } };
  const path = "/api/v1/contracts/{contract_id}/points";
  return ofAnotherService(api.useInfiniteQuery("get", path, { params }, options), contractId, options);
}

export function useNotifications(contractId: string) {
  const options = useOfAnotherService(contractId);
  const params = { query: { contract_id: contractId } };
  return ofAnotherService(
    api.useInfiniteQuery("get", "/api/v1/notifications", { params }, options),
    contractId,
    options,
  );
}

export function useTickets(contractId: string) {
  const options = useOfAnotherService(contractId);
  const params = { path: { contract_id: contractId } };
  const path = "/api/v1/contracts/{contract_id}/tickets";
  return ofAnotherService(api.useInfiniteQuery("get", path, { params }, options), contractId, options);
}

export function useJournalEntries(
  pointId: string,
  range: { start: string; end: string },
  journal: string | null,
) {
  const query = journal === null ? range : { ...range, journal };
  const params = { path: { point_id: pointId }, query };
  return flat(api.useInfiniteQuery("get", "/api/v1/points/{point_id}/journal", { params }, BY_CURSOR));
}

export function useCharges(contractId: string) {
  const params = { path: { contract_id: contractId }, query: { limit: BILLS_AT_ONCE } };
  return flat(api.useInfiniteQuery("get", "/api/v1/contracts/{contract_id}/charges", { params }, BY_CURSOR));
}

export function usePayments(contractId: string) {
  const params = { path: { contract_id: contractId }, query: { limit: BILLS_AT_ONCE } };
  return flat(api.useInfiniteQuery("get", "/api/v1/contracts/{contract_id}/payments", { params }, BY_CURSOR));
}

/** Only who has the contract with full rights may ask. */
export function useInvitations(contractId: string, enabled = true) {
  const params = { path: { contract_id: contractId } };
  const path = "/api/v1/contracts/{contract_id}/invitations";
  return flat(api.useInfiniteQuery("get", path, { params }, { ...BY_CURSOR, enabled }));
}

export function useAccesses(contractId: string) {
  const params = { path: { contract_id: contractId } };
  const path = "/api/v1/contracts/{contract_id}/accesses";
  return flat(api.useInfiniteQuery("get", path, { params }, BY_CURSOR));
}

export function useRefusedLinks() {
  return flat(api.useInfiniteQuery("get", "/api/v1/refused-links", {}, BY_CURSOR));
}

export function useSecurityEvents() {
  return flat(api.useInfiniteQuery("get", "/api/v1/me/security-events", {}, BY_CURSOR));
}

/** The supplier's own contracts whose number begins so; the former answer stays until the next one is there. */
export function useOperatorContracts(number: string) {
  const params = { query: number === "" ? {} : { number } };
  const options = { ...BY_CURSOR, placeholderData: keepPreviousData };
  return flat(api.useInfiniteQuery("get", "/api/v1/operator/contracts", { params }, options));
}

export function flat<Item>(query: InfiniteQuery<Item>): List<Item> {
  const pages = query.data?.pages;
  return { ...query, data: pages?.flatMap((page) => page.items), asOf: pages?.[0]?.as_of };
}
