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

type FactorKind = "totp" | "sms" | "passkey";
interface Challenge {
  challenge_id: string;
  factors: (FactorKind | "recovery_code")[];
  phone_hint: string | null;
  passkey_options: { [key: string]: unknown } | null;
  expires_in: number;
}
interface FactorAnswer {
  challenge_id: string;
  kind: FactorKind | "recovery_code";
  code: string | null;
  credential: { [key: string]: unknown } | null;
}
interface StepUp {
  confirmed_until: string | null;
  challenge: Challenge | null;
}
interface Factor {
  id: string;
  kind: FactorKind;
  name: string;
  phone_hint: string | null;
  created_at: string;
  last_used_at: string | null;
}
interface Enrolment {
  enrolment_id: string;
  kind: FactorKind;
  expires_in: number;
  totp: { secret: string; uri: string; qr_svg: string } | null;
  sms: { phone_hint: string } | null;
  passkey: { options: { [key: string]: unknown } } | null;
}
interface UserProfile {
  email: string;
  pending_email: string | null;
  full_name: string;
  phone: string | null;
  language: "ru" | "en";
}
interface ApiKey {
  id: string;
  name: string;
  contract_ids: string[];
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
}
interface PortalSession {
  id: string;
  device: string;
  address: string | null;
  created_at: string;
  last_used_at: string;
  current: boolean;
}
interface SecurityEvent {
  id: string;
  at: string;
  kind: string;
  device: string | null;
  address: string | null;
}
interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}
interface Cursor {
  cursor?: string | null;
  limit?: number;
}

interface Provisional {
  "/api/v1/second-factor/sms": {
    post: Op<
      202,
      { phone_hint: string; expires_in: number; resend_after_seconds: number },
      { challenge_id: string }
    >;
  };
  "/api/v1/sessions": {
    post: {
      parameters: paths["/api/v1/sessions"]["post"]["parameters"];
      requestBody: paths["/api/v1/sessions"]["post"]["requestBody"];
      responses: paths["/api/v1/sessions"]["post"]["responses"] & {
        202: { headers: object; content: { "application/json": Challenge } };
      };
    };
  };
  "/api/v1/sessions/second-factor": { post: Op<201, null, FactorAnswer> };
  "/api/v1/recoveries": { post: Op<202, { expires_in: number }, { email: string }> };
  "/api/v1/recoveries/check": { post: Op<204, null, { token: string }> };
  "/api/v1/recoveries/complete": { post: Op<200, { email: string }, { token: string; password: string }> };
  "/api/v1/me/sessions": {
    get: Op<200, Page<PortalSession>>;
    delete: Op<204, null, null, null, { keep_current: boolean }>;
  };
  "/api/v1/me/sessions/{session_id}": { delete: Op<204, null, null, { session_id: string }> };
  "/api/v1/me/step-up": { post: Op<200, StepUp, { password: string }> };
  "/api/v1/me/step-up/second-factor": { post: Op<200, StepUp, FactorAnswer> };
  "/api/v1/me/factors": {
    get: Op<200, { items: Factor[]; recovery_codes_left: number }>;
    post: Op<201, Enrolment, { kind: FactorKind; name: string; phone: string | null }>;
  };
  "/api/v1/me/factors/confirm": {
    post: Op<
      201,
      { factor: Factor; recovery_codes: string[] | null },
      { enrolment_id: string; code: string | null; credential: { [key: string]: unknown } | null }
    >;
  };
  "/api/v1/me/factors/{factor_id}": { delete: Op<204, null, null, { factor_id: string }> };
  "/api/v1/me/recovery-codes": { post: Op<201, { recovery_codes: string[] }> };
  "/api/v1/me/profile": {
    get: Op<200, UserProfile>;
    patch: Op<200, UserProfile, { full_name?: string; phone?: string; language?: "ru" | "en" }>;
  };
  "/api/v1/me/email": { post: Op<202, { email: string; expires_in: number }, { email: string }> };
  "/api/v1/email-changes/confirm": { post: Op<200, { email: string }, { token: string }> };
  "/api/v1/me/password": { put: Op<204, null, { current_password: string; new_password: string }> };
  "/api/v1/me/api-keys": {
    get: Op<200, Page<ApiKey>>;
    post: Op<
      201,
      { key: string; item: ApiKey },
      { name: string; contract_ids: string[]; expires_in_days: number }
    >;
  };
  "/api/v1/me/api-keys/{api_key_id}": { delete: Op<204, null, null, { api_key_id: string }> };
  "/api/v1/me/security-events": { get: Op<200, Page<SecurityEvent>, null, null, Cursor> };
}

export type Paths = Omit<paths, keyof Provisional> & {
  [Path in keyof Provisional]: Path extends keyof paths
    ? Omit<paths[Path], keyof Provisional[Path]> & Provisional[Path]
    : Provisional[Path];
};
