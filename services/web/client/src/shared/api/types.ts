/** Names for the answers of the API, taken by path, so that they follow the generated document. */
import type { paths } from "./schema";

type Ok<Operation> = Operation extends { responses: infer Responses }
  ? Responses extends { 200: { content: { "application/json": infer Body } } }
    ? Body
    : Responses extends { 201: { content: { "application/json": infer Body } } }
      ? Body
      : never
  : never;

type Accepted<Operation> = Operation extends {
  responses: { 202: { content: { "application/json": infer Body } } };
}
  ? Body
  : never;
type Sent<Operation> = Operation extends { requestBody: { content: { "application/json": infer Body } } }
  ? Body
  : never;

export type Session = Ok<paths["/api/v1/sessions"]["post"]>;
export type User = Session["user"];
export type Contract = Ok<paths["/api/v1/contracts"]["get"]>["items"][number];
export type Supplier = Contract["supplier"];
export type PointSummary = Ok<paths["/api/v1/contracts/{contract_id}/points"]["get"]>["items"][number];
export type Point = Ok<paths["/api/v1/points/{point_id}"]["get"]>;
export type LastReading = NonNullable<Point["last_reading"]>;
export type Link = NonNullable<Point["link"]>;
export type Profile = Ok<paths["/api/v1/points/{point_id}/profile"]["get"]>;
export type IntervalVersion = Ok<
  paths["/api/v1/points/{point_id}/intervals/history"]["get"]
>["items"][number];
export type Consumption = Ok<paths["/api/v1/points/{point_id}/consumption"]["get"]>;
export type ZoneDay = Ok<paths["/api/v1/points/{point_id}/zone-checks"]["get"]>["items"][number];
export type LedgerDay = Ok<paths["/api/v1/points/{point_id}/days"]["get"]>["items"][number];
export type PointVerdict = Ok<paths["/api/v1/operator/verdicts"]["get"]>["items"][number];
export type Edit = Ok<paths["/api/v1/operator/edits/{edit_id}"]["get"]>;
export type EditSummary = Ok<paths["/api/v1/operator/edits"]["get"]>["items"][number];
export type EditRequest = Sent<paths["/api/v1/operator/points/{point_id}/edits"]["post"]>;
export type DayCompleteness = Ok<paths["/api/v1/operator/completeness"]["get"]>["items"][number];
export type PointCompleteness = Ok<paths["/api/v1/operator/completeness/points"]["get"]>["items"][number];
export type Settlement = Ok<paths["/api/v1/operator/receipts"]["get"]>["items"][number];
export type LoadFigures = Ok<paths["/api/v1/points/{point_id}/load-figures"]["get"]>;
export type TypicalDay = Ok<paths["/api/v1/points/{point_id}/typical-day"]["get"]>;
export type HeatMap = Ok<paths["/api/v1/points/{point_id}/heat-map"]["get"]>;
export type Comparison = Ok<paths["/api/v1/points/{point_id}/comparison"]["get"]>;
export type PowerQuality = Ok<paths["/api/v1/points/{point_id}/power-quality"]["get"]>;
export type PlannedOutage = PowerQuality["outages_planned"][number];
export type AnnouncedOutage = Ok<paths["/api/v1/operator/planned-outages"]["get"]>["items"][number];
export type OutageOutcome = Ok<paths["/api/v1/operator/planned-outages/{outage_id}"]["put"]>;
export type OutageRequest = Sent<paths["/api/v1/operator/planned-outages/{outage_id}"]["put"]>;
export type ClockDrift = Ok<paths["/api/v1/points/{point_id}/clock-drift"]["get"]>;
export type Instants = Ok<paths["/api/v1/points/{point_id}/instants"]["get"]>;
export type PowerLimit = Ok<paths["/api/v1/points/{point_id}/power-limit"]["get"]>;
export type JournalEntry = Ok<paths["/api/v1/points/{point_id}/journal"]["get"]>["items"][number];
export type Notification = Ok<paths["/api/v1/notifications"]["get"]>["items"][number];
export type Ticket = Ok<paths["/api/v1/contracts/{contract_id}/tickets"]["get"]>["items"][number];
export type PasswordStrength = Ok<paths["/api/v1/password-strength"]["post"]>;
export type Registration = Ok<paths["/api/v1/registrations"]["post"]>;
export type Challenge = Accepted<paths["/api/v1/sessions"]["post"]>;
export type FactorKind = Challenge["factors"][number];
export type FactorAnswer = Sent<paths["/api/v1/sessions/second-factor"]["post"]>;
export type Factor = Ok<paths["/api/v1/me/factors"]["get"]>["items"][number];
export type Enrolment = Ok<paths["/api/v1/me/factors"]["post"]>;
export type PasswordChange = Sent<paths["/api/v1/me/password"]["put"]>;
export type UserProfile = Ok<paths["/api/v1/me/profile"]["get"]>;
export type PortalSession = Ok<paths["/api/v1/me/sessions"]["get"]>["items"][number];
export type SecurityEvent = Ok<paths["/api/v1/me/security-events"]["get"]>["items"][number];
export type ApiKey = Ok<paths["/api/v1/me/api-keys"]["get"]>["items"][number];
export type Charge = Ok<paths["/api/v1/contracts/{contract_id}/charges"]["get"]>["items"][number];
export type Payment = Ok<paths["/api/v1/contracts/{contract_id}/payments"]["get"]>["items"][number];
export type Bill = Ok<paths["/api/v1/contracts/{contract_id}/bill"]["get"]>;
export type Invitation = Ok<paths["/api/v1/contracts/{contract_id}/invitations"]["get"]>["items"][number];
export type OperatorContract = Ok<paths["/api/v1/operator/contracts"]["get"]>["items"][number];
export type CredentialSheet = Ok<paths["/api/v1/operator/credential-sheets"]["post"]>;
export type ImportReport = Ok<paths["/api/v1/operator/contract-imports"]["post"]>;
export type DocumentReport = Ok<paths["/api/v1/operator/document-imports"]["post"]>;
export type Replay = Ok<paths["/api/v1/operator/replays"]["get"]>["items"][number];
export type ReplayRequest = Sent<paths["/api/v1/operator/replays"]["post"]>;
export type NoticePreferences = Ok<paths["/api/v1/preferences"]["get"]>;
export type DataAccess = Ok<paths["/api/v1/contracts/{contract_id}/accesses"]["get"]>["items"][number];
export type RefusedLink = Ok<paths["/api/v1/refused-links"]["get"]>["items"][number];
