/** One metering point: its name, the way back to the list, and its tabs. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, Outlet, useParams } from "@tanstack/react-router";
import { usePoint } from "../../shared/api/points";
import { TextLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { LinkBadge } from "../../shared/ui/readings";
import tabs from "../../shared/ui/tabs.module.css";
import { PlannedOutages } from "./PlannedOutages";
import classes from "./points.module.css";

export function PointPage() {
  const { t } = useLingui();
  const { contractId, pointId } = useParams({ from: "/signed-in/contracts/$contractId/points/$pointId" });
  const point = usePoint(pointId);
  const link = {
    params: { contractId, pointId },
    className: tabs.tab,
    activeProps: { "data-active": true },
  };
  return (
    <>
      <TextLink
        to="/contracts/$contractId/points"
        params={{ contractId }}
        className={classes.back ?? ""}
        size="sm"
      >
        ← <Trans>В список</Trans>
      </TextLink>
      <PageTitle title={point.data?.name ?? t`Точка учета`}>
        {point.data === undefined ? null : <LinkBadge link={point.data.link} />}
      </PageTitle>
      <PlannedOutages pointId={pointId} />
      <nav aria-label={t`Вкладки точки учета`} className={tabs.tabs}>
        <Link to="/contracts/$contractId/points/$pointId" {...link} activeOptions={{ exact: true }}>
          <Trans>Общая информация</Trans>
        </Link>
        <Link to="/contracts/$contractId/points/$pointId/consumption" {...link}>
          <Trans>Показания</Trans>
        </Link>
        <Link to="/contracts/$contractId/points/$pointId/profile" {...link}>
          <Trans>Профиль мощности</Trans>
        </Link>
        <Link to="/contracts/$contractId/points/$pointId/instants" {...link}>
          <Trans>Сейчас</Trans>
        </Link>
        <Link to="/contracts/$contractId/points/$pointId/analysis" {...link}>
          <Trans>Анализ</Trans>
        </Link>
        <Link to="/contracts/$contractId/points/$pointId/days" {...link}>
          <Trans>Сутки в расчётах</Trans>
        </Link>
        <Link to="/contracts/$contractId/points/$pointId/supply" {...link}>
          <Trans>Качество</Trans>
        </Link>
        <Link to="/contracts/$contractId/points/$pointId/journal" {...link}>
          <Trans>Журналы событий</Trans>
        </Link>
      </nav>
      <Outlet />
    </>
  );
}
