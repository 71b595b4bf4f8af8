/** The frame of every signed-in page: side bar with contracts, tabs of the chosen contract, profile menu. */
import "./shell.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, CloseButton, Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconMenu2 } from "@tabler/icons-react";
import { Outlet, useParams, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { sessionState, sessionUser, subscribeSession } from "../shared/api/session";
import { loadTexts } from "../shared/i18n/language";
import { Logo } from "../shared/ui/Logo";
import { ProfileMenu } from "./ProfileMenu";
import { SectionTabs } from "./SectionTabs";
import classes from "./Shell.module.css";
import { SideBar } from "./SideBar";

/** As in Shell.module.css. */
const WIDE = "(min-width: 62.01em)";

const SignInAgainDialog = lazy(async () => {
  const [part] = await Promise.all([import("../features/auth/SignInAgainDialog"), loadTexts("account")]);
  return { default: part.SignInAgainDialog };
});

export function Shell() {
  const { t } = useLingui();
  const { contractId } = useParams({ strict: false });
  const session = useSyncExternalStore(subscribeSession, sessionState);
  const user = sessionUser();
  const isWide = useMediaQuery(WIDE, true, { getInitialValueInEffect: false });
  const [menuOpen, setMenuOpen] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes whenever the address changes
  useEffect(() => setMenuOpen(false), [path]);

  return (
    <div className={classes.shell}>
      <a href="#main" className={classes.skip}>
        <Trans>К содержанию</Trans>
      </a>
      {isWide ? (
        <aside className={classes.bar}>
          <div className={classes.logo}>
            <Logo />
          </div>
          <SideBar user={user} />
        </aside>
      ) : null}
      {/* Not Drawer.Header, which would be a second banner; no scroll lock, whose style element has no nonce. */}
      <Drawer.Root
        opened={menuOpen && !isWide}
        onClose={() => setMenuOpen(false)}
        size={300}
        lockScroll={false}
        classNames={{ content: classes.drawer ?? "" }}
      >
        <Drawer.Overlay />
        <Drawer.Content aria-label={t`Меню`}>
          <div className={classes.drawerHead}>
            <Logo />
            <CloseButton
              className={classes.drawerClose ?? ""}
              size="lg"
              aria-label={t`Закрыть меню`}
              onClick={() => setMenuOpen(false)}
            />
          </div>
          <SideBar user={user} />
        </Drawer.Content>
      </Drawer.Root>
      <header className={classes.head}>
        <ActionIcon
          className={classes.burger}
          variant="subtle"
          color="gray"
          size={44}
          aria-label={t`Открыть меню`}
          aria-expanded={menuOpen}
          onClick={() => setMenuOpen(true)}
        >
          <IconMenu2 aria-hidden />
        </ActionIcon>
        {contractId === undefined ? null : <SectionTabs contractId={contractId} />}
        <div className={classes.profile}>
          <ProfileMenu />
        </div>
      </header>
      <main id="main" className={classes.main} tabIndex={-1}>
        <Outlet />
      </main>
      {session.status === "lapsed" ? (
        <Suspense>
          <SignInAgainDialog email={session.user.email} />
        </Suspense>
      ) : null}
    </div>
  );
}
