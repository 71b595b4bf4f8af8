/** «Профиль» (manual, chapter 3.4): data of the user, how the account is guarded, keys for programs. */
import "./account.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, Outlet } from "@tanstack/react-router";
import { StepUpProvider } from "../../shared/security/StepUp";
import { PageTitle } from "../../shared/ui/PageTitle";
import tabs from "../../shared/ui/tabs.module.css";

export function AccountPage() {
  const { t } = useLingui();
  const link = { className: tabs.tab, activeProps: { "data-active": true } };
  return (
    <>
      <PageTitle title={t`Профиль`} />
      <nav aria-label={t`Вкладки профиля`} className={tabs.tabs}>
        <Link to="/profile" {...link} activeOptions={{ exact: true }}>
          <Trans>Личные данные</Trans>
        </Link>
        <Link to="/profile/security" {...link}>
          <Trans>Безопасность</Trans>
        </Link>
        <Link to="/profile/api-keys" {...link}>
          <Trans>Ключи API</Trans>
        </Link>
      </nav>
      <StepUpProvider>
        <Outlet />
      </StepUpProvider>
    </>
  );
}
