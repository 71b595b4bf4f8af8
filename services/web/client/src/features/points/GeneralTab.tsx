/** «Общая информация»: all the fields of the manual's screen; a dash means that the field is not known. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useParams } from "@tanstack/react-router";
import { usePoint } from "../../shared/api/points";
import type { Point } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { Block } from "../../shared/ui/Block";
import { useResourceName, useZoneName, zoneReadings } from "../../shared/ui/readings";
import { QueryBlock } from "../../shared/ui/states";
import classes from "./points.module.css";

export function GeneralTab() {
  const { t } = useLingui();
  const { pointId } = useParams({ from: "/signed-in/contracts/$contractId/points/$pointId/" });
  const query = usePoint(pointId);
  return (
    <Block title={t`Общая информация`}>
      <QueryBlock query={query} height={420}>
        {(point) => <Passport point={point} />}
      </QueryBlock>
    </Block>
  );
}

function Passport({ point }: { point: Point }) {
  const { t } = useLingui();
  const format = useFormat();
  const zoneName = useZoneName();
  const resourceName = useResourceName();
  const { passport, meter, last_reading: reading } = point;
  const day = (value: string | null) => (value === null ? null : format.day(value));
  const fields: [string, string | null][] = [
    [t`Название ТУ`, point.name],
    [t`Номер точки учета`, point.number],
    [t`Тип ресурса`, resourceName(point.resource)],
    [t`Адрес`, point.address],
    [t`Дата последних показаний`, reading === null ? null : format.dateTime(reading.at, point.time_zone)],
    [
      t`Последние показания`,
      reading === null
        ? null
        : zoneReadings(reading)
            .map(({ zone, valueWh }) => `${zoneName(zone)}\u00a0-\u00a0${format.number(valueWh / 1000, 3)}`)
            .join("; "),
    ],
    [t`Место установки`, passport.installation_place],
    [t`Тип и модификация ПУ`, meter?.model ?? null],
    [t`Регистрационный номер СИ`, passport.type_approval_number],
    [t`Заводской номер ПУ`, meter?.serial ?? null],
    [t`Дата ввода в эксплуатацию`, day(passport.commissioned_on)],
    [t`Дата последней поверки`, day(passport.last_verified_on)],
    [t`Дата следующей поверки`, day(passport.next_verification_on)],
    [t`Установленный тариф`, passport.tariff],
    [t`Дата последней инструментальной проверки`, day(passport.last_inspected_on)],
    [t`Класс точности`, passport.accuracy_class],
    [t`Номинальное напряжение`, passport.rated_voltage],
    [t`Базовый/максимальный ток`, passport.rated_current],
    [
      t`Значение лимита мгновенной мощности`,
      passport.power_limit_w === null ? null : t`${format.number(passport.power_limit_w / 1000)} кВт`,
    ],
    [t`Часовой пояс`, point.time_zone],
  ];
  return (
    <>
      <dl className={classes.passport}>
        {fields.map(([name, value]) => (
          <div key={name} className={classes.field}>
            <dt>{name}:</dt>
            <dd>{value === null || value === "" ? "-" : value}</dd>
          </div>
        ))}
      </dl>
      <p className={classes.dim}>
        <Trans>«-» — значение неизвестно: его сообщает поставщик.</Trans>
      </p>
    </>
  );
}
