/** «Точки учета» of a contract: name, meter, last readings, state of the link, the way to the details. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useParams } from "@tanstack/react-router";
import { usePoints } from "../../shared/api/lists";
import type { PointSummary } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { LinkBadge, ReadingsByZone, useResourceName } from "../../shared/ui/readings";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import classes from "./points.module.css";

export function PointsPage() {
  const { t } = useLingui();
  const { contractId } = useParams({ from: "/signed-in/contracts/$contractId/points" });
  const query = usePoints(contractId);
  return (
    <>
      <PageTitle title={t`Точки учета`} />
      <QueryBlock
        query={query}
        height={220}
        isEmpty={(items) => items.length === 0}
        empty={
          <Empty
            title={t`Точек учета пока нет`}
            hint={t`Поставщик ещё не передал данные по этому договору.`}
          />
        }
      >
        {(items) => (
          <ul className={classes.cards}>
            {items.map((point) => (
              <li key={point.id}>
                <PointCard contractId={contractId} point={point} />
              </li>
            ))}
          </ul>
        )}
      </QueryBlock>
      <MoreButton query={query} />
    </>
  );
}

function PointCard({ contractId, point }: { contractId: string; point: PointSummary }) {
  const { t } = useLingui();
  const format = useFormat();
  const resourceName = useResourceName();
  return (
    <Block title={point.name} action={<LinkBadge link={point.link} />}>
      <dl className={classes.facts}>
        <dt>
          <Trans>Адрес</Trans>
        </dt>
        <dd>{point.address ?? "-"}</dd>
        <dt>
          <Trans>Тип ресурса</Trans>
        </dt>
        <dd>{resourceName(point.resource)}</dd>
        <dt>
          <Trans>Прибор учета</Trans>
        </dt>
        <dd>{point.meter === null ? "-" : `${point.meter.model}, № ${point.meter.serial}`}</dd>
      </dl>
      {point.last_reading === null ? (
        <p className={classes.dim}>
          <Trans>Показаний ещё нет</Trans>
        </p>
      ) : (
        <div className={classes.readings}>
          <ReadingsByZone reading={point.last_reading} />
          <span className={classes.dim}>
            <Trans>Последние показания от {format.dateTime(point.last_reading.at, point.time_zone)}</Trans>
          </span>
        </div>
      )}
      <ButtonLink
        to="/contracts/$contractId/points/$pointId"
        params={{ contractId, pointId: point.id }}
        variant="light"
        size="sm"
        aria-label={t`Подробнее: ${point.name}`}
      >
        <Trans>Подробнее</Trans>
      </ButtonLink>
    </Block>
  );
}
