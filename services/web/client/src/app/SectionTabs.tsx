/** «Панель разделов» of the manual: tabs above on a desk, a bar at the thumb on a phone. */
import { Trans, useLingui } from "@lingui/react/macro";
import { IconBell, IconHome, IconMessageCircle, IconPlug } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import classes from "./SectionTabs.module.css";

export function SectionTabs({ contractId }: { contractId: string }) {
  const { t } = useLingui();
  const link = { params: { contractId }, className: classes.tab, activeProps: { "data-active": true } };
  return (
    <nav aria-label={t`Разделы`} className={classes.tabs}>
      <Link to="/contracts/$contractId" {...link} activeOptions={{ exact: true }}>
        <IconHome className={classes.icon} aria-hidden />
        <Trans>Главная</Trans>
      </Link>
      <Link to="/contracts/$contractId/points" {...link}>
        <IconPlug className={classes.icon} aria-hidden />
        <Trans>Точки учета</Trans>
      </Link>
      <Link to="/contracts/$contractId/notifications" {...link}>
        <IconBell className={classes.icon} aria-hidden />
        <Trans>Уведомления</Trans>
      </Link>
      <Link to="/contracts/$contractId/tickets" {...link}>
        <IconMessageCircle className={classes.icon} aria-hidden />
        <Trans>Обращения</Trans>
      </Link>
    </nav>
  );
}
