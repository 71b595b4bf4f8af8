/** Providers around the router, and what happens to the page when the session begins or ends. */
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";
import { createQueryClient } from "../shared/api/client";
import { mustAddFactor } from "../shared/api/roles";
import { sessionState, sessionUser, subscribeSession } from "../shared/api/session";
import { chosenLanguage, isLanguage, showLanguage } from "../shared/i18n/language";
import { OfflinePage } from "./OfflinePage";
import { createPortalRouter } from "./router";
import { cssVariables, theme } from "./theme";

const queryClient = createQueryClient();
const router = createPortalRouter();

export function App() {
  const session = useSyncExternalStore(subscribeSession, sessionState);
  const user = sessionUser();
  const userId = user?.id ?? null;
  const language = user?.language;
  const barred = mustAddFactor(user);

  useEffect(() => {
    if (chosenLanguage() === null && isLanguage(language)) void showLanguage(language);
  }, [language]);

  useEffect(() => {
    // Another user's answers must not be shown from the cache.
    return () => {
      if (userId !== null) queryClient.clear();
    };
  }, [userId]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the guards of the pages ask for the role as well
  useEffect(() => {
    if (session.status !== "unknown") void router.invalidate();
  }, [session.status, barred]);

  return (
    <I18nProvider i18n={i18n}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        forceColorScheme="light"
        getStyleNonce={styleNonce}
      >
        <QueryClientProvider client={queryClient}>
          {session.status === "unknown" ? <OfflinePage /> : <RouterProvider router={router} />}
        </QueryClientProvider>
      </MantineProvider>
    </I18nProvider>
  );
}

function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
}
