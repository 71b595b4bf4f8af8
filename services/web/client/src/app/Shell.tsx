/** The frame of every signed-in page: side bar with contracts, tabs of the chosen contract, profile menu. */
import "./shell.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, CloseButton, Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconMenu2 } from "@tabler/icons-react";
import { Outlet, useParams, useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Logo } from "../shared/ui/Logo";
import { ContractNav } from "./ContractNav";
import { ProfileMenu } from "./ProfileMenu";
import { SectionTabs } from "./SectionTabs";
import classes from "./Shell.module.css";

/** As in Shell.module.css. */
const WIDE = "(min-width: 62.01em)";

export function Shell() {
  const { t } = useLingui();
  const { contractId } = useParams({ strict: false });
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
          <ContractNav />
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
        <Drawer.Content aria-label={t`Договоры`}>
          <div className={classes.drawerHead}>
            <Logo />
            <CloseButton
              className={classes.drawerClose ?? ""}
              size="lg"
              aria-label={t`Закрыть меню`}
              onClick={() => setMenuOpen(false)}
            />
          </div>
          <ContractNav />
        </Drawer.Content>
      </Drawer.Root>
      <header className={classes.head}>
        <ActionIcon
          className={classes.burger}
          variant="subtle"
          color="gray"
          size={44}
          aria-label={t`Открыть меню договоров`}
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
    </div>
  );
}
