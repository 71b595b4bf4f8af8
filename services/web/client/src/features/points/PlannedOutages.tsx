/** What stands above every tab of a point as long as the supplier plans to switch it off: when, and why. */
import { Trans } from "@lingui/react/macro";
import { useId } from "react";
import { usePlannedOutages } from "../../shared/api/points";
import { useFormat } from "../../shared/i18n/useFormat";
import classes from "./points.module.css";

export function PlannedOutages({ pointId }: { pointId: string }) {
  const format = useFormat();
  const id = useId();
  const { data } = usePlannedOutages(pointId);
  if (data === undefined || data.items.length === 0) return null;
  const { items, time_zone: zone } = data;
  return (
    <section className={classes.outages} aria-labelledby={id}>
      <h2 id={id}>
        <Trans>Плановые отключения</Trans>
      </h2>
      <ul>
        {items.map(({ id: key, starts_at: start, ends_at: end, reason, cancelled }) => (
          <li key={key}>
            <strong>{format.span(start, end, zone)}</strong>
            {cancelled ? (
              <>
                {", "}
                <Trans>отменено</Trans>
              </>
            ) : null}
            {": "}
            {reason}
          </li>
        ))}
      </ul>
    </section>
  );
}
