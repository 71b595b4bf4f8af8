/** Renders a part of the page inside the providers that it needs. */
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { theme } from "../app/theme";

export function Providers({ children }: { children: ReactNode }) {
  return (
    <I18nProvider i18n={i18n}>
      <MantineProvider theme={theme} env="test">
        <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
          {children}
        </QueryClientProvider>
      </MantineProvider>
    </I18nProvider>
  );
}

export function renderPart(part: ReactNode) {
  return render(part, { wrapper: Providers });
}

/**
 * Renders a page at its address; every other address shows "at <path>", so that a test sees where a link led.
 * `under` is the id of the frame, for pages that name their own route; `at` is the address where the path has parameters.
 */
export async function renderPage(
  page: () => ReactNode,
  path: string,
  options: { under?: string; at?: string } = {},
) {
  const rootRoute = createRootRoute({
    notFoundComponent: () => <p>at {router.state.location.pathname}</p>,
  });
  const frameRoute = createRoute({ getParentRoute: () => rootRoute, id: options.under ?? "frame" });
  const pageRoute = createRoute({ getParentRoute: () => frameRoute, path, component: page });
  const router = createRouter({
    routeTree: rootRoute.addChildren([frameRoute.addChildren([pageRoute])]),
    history: createMemoryHistory({ initialEntries: [options.at ?? path] }),
  });
  // The types of links are those of the portal's own router.
  const any = router as unknown as Parameters<typeof RouterProvider>[0]["router"];
  const rendered = render(<RouterProvider router={any} />, { wrapper: Providers });
  await screen.findByRole("heading", { level: 1 });
  return { ...rendered, router };
}
