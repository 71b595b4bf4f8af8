/** Operations that the API's document does not have yet; each leaves this file when it lands there. */
import type { paths } from "./schema";

type Op<Status extends number, Answer, Body = null, Path = null, Query = null> = {
  parameters: { header?: never; cookie?: never } & ([Path] extends [null]
    ? { path?: never }
    : { path: Path }) &
    ([Query] extends [null] ? { query?: never } : { query?: Query });
  responses: {
    [S in Status]: { headers: { [name: string]: unknown } } & ([Answer] extends [null]
      ? { content?: never }
      : { content: { "application/json": Answer } });
  } & { 422: { headers: object; content: { "application/problem+json": { code: string } } } };
} & ([Body] extends [null]
  ? { requestBody?: never }
  : { requestBody: { content: { "application/json": Body } } });

interface ApiKey {
  id: string;
  name: string;
  contract_ids: string[];
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
}
interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}
interface Provisional {
  "/api/v1/me/api-keys": {
    get: Op<200, Page<ApiKey>>;
    post: Op<
      201,
      { key: string; item: ApiKey },
      { name: string; contract_ids: string[]; expires_in_days: number }
    >;
  };
  "/api/v1/me/api-keys/{api_key_id}": { delete: Op<204, null, null, { api_key_id: string }> };
}

export type Paths = Omit<paths, keyof Provisional> & {
  [Path in keyof Provisional]: Path extends keyof paths
    ? Omit<paths[Path], keyof Provisional[Path]> & Provisional[Path]
    : Provisional[Path];
};
