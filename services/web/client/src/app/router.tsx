/** Every address of the client, its search parameters and the guard of the session. Pages load lazily. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { completenessSearch, editSearch, questionSearch, receiptSearch } from "../features/accounting/search";
import { analysisSearch } from "../features/analysis/view";
import { nextPath } from "../features/auth/next";
import { consumptionSearch } from "../features/consumption/view";
import { daysSearch } from "../features/days/view";
import { journalSearch } from "../features/events/search";
import { instantsSearch } from "../features/instants/view";
import { profileSearch } from "../features/profile/view";
import { supplySearch } from "../features/supply/view";
import { isConsumer, isOperator, mustAddFactor } from "../shared/api/roles";
import { sessionState, sessionUser } from "../shared/api/session";
import { loadTexts, type TextArea } from "../shared/i18n/language";
import { CrashPage } from "./CrashPage";
import { NotFound, NotFoundPage } from "./NotFoundPage";

/** A page whose texts are not among those of the first load. */
async function withTexts<Page>(page: Promise<Page>, ...areas: TextArea[]): Promise<Page> {
  const [loaded] = await Promise.all([page, loadTexts("account"), ...areas.map(loadTexts)]);
  return loaded;
}

/** A page with the texts of what was measured, and with none of the account's. */
async function withMeteringTexts<Page>(page: Promise<Page>): Promise<Page> {
  const [loaded] = await Promise.all([page, loadTexts("metering")]);
  return loaded;
}

/** The page to come back to, of the search parameters. */
function nextSearch(search: Record<string, unknown>): { next?: string } {
  const next = nextPath(search.next);
  return next === null || next === "/" ? {} : { next };
}

const rootRoute = createRootRoute({ component: Outlet });

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: nextSearch,
  beforeLoad: ({ search }) => {
    if (sessionState().status === "signed_in") throw redirect({ href: search.next ?? "/", replace: true });
  },
  component: lazyRouteComponent(() => import("../features/auth/SignInPage"), "SignInPage"),
});

/** Between the password and the pages of staff who have no second factor yet. */
const addFactorRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/add-factor",
  validateSearch: nextSearch,
  beforeLoad: ({ search }) => {
    // Nobody asks to sign in over this page, and nothing typed here is lost.
    if (sessionState().status !== "signed_in") throw redirect({ to: "/sign-in", search, replace: true });
    if (!mustAddFactor(sessionUser())) throw redirect({ href: search.next ?? "/", replace: true });
  },
  component: lazyRouteComponent(
    () => withTexts(import("../features/account/AddFactorPage")),
    "AddFactorPage",
  ),
});

const registrationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/registration",
  component: lazyRouteComponent(
    () => withTexts(import("../features/registration/RegistrationPage")),
    "RegistrationPage",
  ),
});

const registrationSentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/registration/sent",
  component: lazyRouteComponent(
    () => withTexts(import("../features/registration/RegistrationSentPage")),
    "RegistrationSentPage",
  ),
});

const confirmRegistrationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/confirm-registration",
  component: lazyRouteComponent(
    () => withTexts(import("../features/registration/ConfirmRegistrationPage")),
    "ConfirmRegistrationPage",
  ),
});

const recoveryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/recovery",
  component: lazyRouteComponent(() => withTexts(import("../features/recovery/RecoveryPage")), "RecoveryPage"),
});

const newPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/recover",
  component: lazyRouteComponent(
    () => withTexts(import("../features/recovery/NewPasswordPage")),
    "NewPasswordPage",
  ),
});

const confirmEmailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/confirm-email",
  component: lazyRouteComponent(
    () => withTexts(import("../features/account/ConfirmEmailPage")),
    "ConfirmEmailPage",
  ),
});

const acceptInvitationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/accept-invitation",
  component: lazyRouteComponent(
    () => withTexts(import("../features/contracts/AcceptInvitationPage")),
    "AcceptInvitationPage",
  ),
});

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  beforeLoad: ({ location }) => {
    const session = sessionState();
    const asked = nextSearch({ next: location.href });
    if (session.status === "signed_out") {
      // Who signs out wants to be gone; everybody else comes back to the page that was asked for.
      const search = session.reason === "left" ? {} : asked;
      throw redirect({ to: "/sign-in", search, replace: true });
    }
    if (mustAddFactor(sessionUser())) throw redirect({ to: "/add-factor", search: asked, replace: true });
  },
  component: lazyRouteComponent(() => import("./Shell"), "Shell"),
});

const startRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  beforeLoad: () => {
    if (!isConsumer(sessionUser())) throw redirect({ to: "/operator/contracts", replace: true });
  },
  component: lazyRouteComponent(() => import("../features/home/StartPage"), "StartPage"),
});

const operatorRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/operator",
  beforeLoad: () => {
    // For others there is no such page, rather than one that they may not see.
    if (!isOperator(sessionUser())) throw notFound();
  },
  notFoundComponent: NotFound,
});

const operatorStartRoute = createRoute({
  getParentRoute: () => operatorRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/operator/contracts", replace: true });
  },
});

const operatorContractsRoute = createRoute({
  getParentRoute: () => operatorRoute,
  path: "/contracts",
  validateSearch: ({ number }: Record<string, unknown>): { number?: string } =>
    // An address written by hand has digits as a number.
    typeof number === "string" || typeof number === "number" ? { number: String(number).slice(0, 50) } : {},
  component: lazyRouteComponent(
    () => withTexts(import("../features/operator/ContractsPage"), "operator"),
    "ContractsPage",
  ),
});

const operatorImportRoute = createRoute({
  getParentRoute: () => operatorRoute,
  path: "/import",
  component: lazyRouteComponent(
    () => withTexts(import("../features/operator/ImportPage"), "operator"),
    "ImportPage",
  ),
});

const operatorReplaysRoute = createRoute({
  getParentRoute: () => operatorRoute,
  path: "/replays",
  component: lazyRouteComponent(
    () => withTexts(import("../features/operator/ReplaysPage"), "operator"),
    "ReplaysPage",
  ),
});

const operatorOutagesRoute = createRoute({
  getParentRoute: () => operatorRoute,
  path: "/outages",
  component: lazyRouteComponent(
    () => withTexts(import("../features/operator/OutagesPage"), "operator"),
    "OutagesPage",
  ),
});

const operatorQuestionsRoute = createRoute({
  getParentRoute: () => operatorRoute,
  path: "/questions",
  validateSearch: questionSearch,
  component: lazyRouteComponent(
    () => withTexts(import("../features/accounting/QuestionsPage"), "operator", "metering"),
    "QuestionsPage",
  ),
});

const operatorEditsRoute = createRoute({
  getParentRoute: () => operatorRoute,
  path: "/edits",
  validateSearch: editSearch,
  component: lazyRouteComponent(
    () => withTexts(import("../features/accounting/EditsPage"), "operator"),
    "EditsPage",
  ),
});

const operatorCompletenessRoute = createRoute({
  getParentRoute: () => operatorRoute,
  path: "/completeness",
  validateSearch: completenessSearch,
  component: lazyRouteComponent(
    () => withTexts(import("../features/accounting/CompletenessPage"), "operator", "metering"),
    "CompletenessPage",
  ),
});

const operatorReceiptsRoute = createRoute({
  getParentRoute: () => operatorRoute,
  path: "/receipts",
  validateSearch: receiptSearch,
  component: lazyRouteComponent(
    () => withTexts(import("../features/accounting/ReceiptsPage"), "operator"),
    "ReceiptsPage",
  ),
});

const addContractRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/contracts/new",
  // For a contract whose link has ended: its supplier, and the name that it had.
  validateSearch: ({ supplier, name }: Record<string, unknown>): { supplier?: string; name?: string } => ({
    ...(typeof supplier === "string" ? { supplier } : {}),
    ...(typeof name === "string" ? { name: name.slice(0, 100) } : {}),
  }),
  component: lazyRouteComponent(
    () => withTexts(import("../features/contracts/AddContractPage")),
    "AddContractPage",
  ),
});

const accountRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/profile",
  component: lazyRouteComponent(() => withTexts(import("../features/account/AccountPage")), "AccountPage"),
});

const personalRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/",
  component: lazyRouteComponent(() => withTexts(import("../features/account/PersonalTab")), "PersonalTab"),
});

const securityRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/security",
  component: lazyRouteComponent(() => withTexts(import("../features/account/SecurityTab")), "SecurityTab"),
});

const apiKeysRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/api-keys",
  component: lazyRouteComponent(() => withTexts(import("../features/account/ApiKeysTab")), "ApiKeysTab"),
});

const contractRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/contracts/$contractId",
});

const homeRoute = createRoute({
  getParentRoute: () => contractRoute,
  path: "/",
  component: lazyRouteComponent(() => import("../features/home/HomePage"), "HomePage"),
});

const billRoute = createRoute({
  getParentRoute: () => contractRoute,
  path: "/bill",
  validateSearch: ({ document }: Record<string, unknown>): { document: string } => ({
    // An address written by hand has digits as a number.
    document: typeof document === "string" || typeof document === "number" ? String(document) : "",
  }),
  component: lazyRouteComponent(() => withTexts(import("../features/bills/BillPage")), "BillPage"),
});

const sharingRoute = createRoute({
  getParentRoute: () => contractRoute,
  path: "/sharing",
  component: lazyRouteComponent(() => withTexts(import("../features/contracts/SharingPage")), "SharingPage"),
});

const accessesRoute = createRoute({
  getParentRoute: () => contractRoute,
  path: "/accesses",
  component: lazyRouteComponent(
    () => withTexts(import("../features/contracts/AccessesPage")),
    "AccessesPage",
  ),
});

const pointsRoute = createRoute({
  getParentRoute: () => contractRoute,
  path: "/points",
  component: lazyRouteComponent(() => import("../features/points/PointsPage"), "PointsPage"),
});

const pointRoute = createRoute({
  getParentRoute: () => contractRoute,
  path: "/points/$pointId",
  component: lazyRouteComponent(() => import("../features/points/PointPage"), "PointPage"),
});

const generalRoute = createRoute({
  getParentRoute: () => pointRoute,
  path: "/",
  component: lazyRouteComponent(() => import("../features/points/GeneralTab"), "GeneralTab"),
});

const profileRoute = createRoute({
  getParentRoute: () => pointRoute,
  path: "/profile",
  validateSearch: profileSearch,
  component: lazyRouteComponent(
    () => withMeteringTexts(import("../features/profile/ProfileTab")),
    "ProfileTab",
  ),
});

const consumptionRoute = createRoute({
  getParentRoute: () => pointRoute,
  path: "/consumption",
  validateSearch: consumptionSearch,
  component: lazyRouteComponent(
    () => withMeteringTexts(import("../features/consumption/ConsumptionTab")),
    "ConsumptionTab",
  ),
});

const instantsRoute = createRoute({
  getParentRoute: () => pointRoute,
  path: "/instants",
  validateSearch: instantsSearch,
  component: lazyRouteComponent(
    () => withMeteringTexts(import("../features/instants/InstantsTab")),
    "InstantsTab",
  ),
});

const analysisRoute = createRoute({
  getParentRoute: () => pointRoute,
  path: "/analysis",
  validateSearch: analysisSearch,
  component: lazyRouteComponent(
    () => withMeteringTexts(import("../features/analysis/AnalysisTab")),
    "AnalysisTab",
  ),
});

const daysRoute = createRoute({
  getParentRoute: () => pointRoute,
  path: "/days",
  validateSearch: daysSearch,
  component: lazyRouteComponent(() => withMeteringTexts(import("../features/days/DaysTab")), "DaysTab"),
});

const supplyRoute = createRoute({
  getParentRoute: () => pointRoute,
  path: "/supply",
  validateSearch: supplySearch,
  component: lazyRouteComponent(() => withMeteringTexts(import("../features/supply/SupplyTab")), "SupplyTab"),
});

const journalRoute = createRoute({
  getParentRoute: () => pointRoute,
  path: "/journal",
  validateSearch: journalSearch,
  component: lazyRouteComponent(() => import("../features/events/JournalTab"), "JournalTab"),
});

const notificationsRoute = createRoute({
  getParentRoute: () => contractRoute,
  path: "/notifications",
  component: lazyRouteComponent(
    () => import("../features/notifications/NotificationsPage"),
    "NotificationsPage",
  ),
});

const ticketsRoute = createRoute({
  getParentRoute: () => contractRoute,
  path: "/tickets",
  component: lazyRouteComponent(() => import("../features/tickets/TicketsPage"), "TicketsPage"),
});

const newTicketRoute = createRoute({
  getParentRoute: () => contractRoute,
  path: "/tickets/new",
  component: lazyRouteComponent(() => import("../features/tickets/NewTicketPage"), "NewTicketPage"),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  addFactorRoute,
  registrationRoute,
  registrationSentRoute,
  confirmRegistrationRoute,
  recoveryRoute,
  newPasswordRoute,
  confirmEmailRoute,
  acceptInvitationRoute,
  signedInRoute.addChildren([
    startRoute,
    operatorRoute.addChildren([
      operatorStartRoute,
      operatorContractsRoute,
      operatorImportRoute,
      operatorOutagesRoute,
      operatorReplaysRoute,
      operatorQuestionsRoute,
      operatorEditsRoute,
      operatorCompletenessRoute,
      operatorReceiptsRoute,
    ]),
    addContractRoute,
    accountRoute.addChildren([personalRoute, securityRoute, apiKeysRoute]),
    contractRoute.addChildren([
      homeRoute,
      billRoute,
      sharingRoute,
      accessesRoute,
      pointsRoute,
      pointRoute.addChildren([
        generalRoute,
        consumptionRoute,
        profileRoute,
        instantsRoute,
        analysisRoute,
        daysRoute,
        supplyRoute,
        journalRoute,
      ]),
      notificationsRoute,
      ticketsRoute,
      newTicketRoute,
    ]),
  ]),
]);

export function createPortalRouter() {
  return createRouter({
    routeTree,
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultNotFoundComponent: NotFoundPage,
    defaultErrorComponent: CrashPage,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createPortalRouter>;
  }
}
