/** «Показания приборов учета»: the last readings of each point of the contract, by tariff zone, with their date. */
import { Trans, useLingui } from "@lingui/react/macro";
import { usePoints } from "../../shared/api/lists";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { TextLink } from "../../shared/ui/links";
import { ReadingsByZone, useResourceName } from "../../shared/ui/readings";
import { Empty, QueryBlock } from "../../shared/ui/states";
import classes from "./HomePage.module.css";

const SHOWN = 5;

export function ReadingsBlock({ contractId }: { contractId: string }) {
  const { t } = useLingui();
  const format = useFormat();
  const resourceName = useResourceName();
  const query = usePoints(contractId);
  return (
    <Block
      title={t`Показания приборов учета`}
      action={
        <TextLink to="/contracts/$contractId/points" params={{ contractId }} size="sm">
          <Trans>Все точки учета</Trans>
        </TextLink>
      }
    >
      <QueryBlock
        query={query}
        height={150}
        isEmpty={(items) => items.length === 0}
        empty={
          <Empty
            title={t`Точек учета пока нет`}
            hint={t`Поставщик ещё не передал данные по этому договору.`}
          />
        }
      >
        {(items) =>
          items.slice(0, SHOWN).map((point) => (
            <div key={point.id} className={classes.point}>
              <div className={classes.pointHead}>
                <TextLink
                  to="/contracts/$contractId/points/$pointId"
                  params={{ contractId, pointId: point.id }}
                  fw={500}
                >
                  {point.name}
                </TextLink>
                <span className={classes.dim}>{resourceName(point.resource)}</span>
              </div>
              {point.last_reading === null ? (
                <span className={classes.dim}>
                  <Trans>Показаний ещё нет</Trans>
                </span>
              ) : (
                <>
                  <ReadingsByZone reading={point.last_reading} />
                  <span className={classes.dim}>
                    <Trans>
                      Последние показания от {format.dateTime(point.last_reading.at, point.time_zone)}
                    </Trans>
                  </span>
                </>
              )}
            </div>
          ))
        }
      </QueryBlock>
    </Block>
  );
}
