/** Which colours and patterns the chart holds, in words; only those that are there. */
import { useLingui } from "@lingui/react/macro";
import { GROUP_STYLE } from "./drawing";
import classes from "./Legend.module.css";
import { GROUPS } from "./quality";
import type { Summary } from "./series";
import { useGroupNames } from "./useWords";

export function Legend({ summary }: { summary: Summary }) {
  const { t } = useLingui();
  const names = useGroupNames();
  return (
    <ul className={classes.legend} aria-label={t`Обозначения на графике`}>
      {GROUPS.filter((group) => (summary.groups[group] ?? 0) > 0).map((group) => (
        <li key={group}>
          <Swatch color={GROUP_STYLE[group].color} hatched={GROUP_STYLE[group].hatched} />
          {names[group]}: {summary.groups[group]}
        </li>
      ))}
      {summary.gapCount > 0 ? (
        <li>
          <Swatch color="#8b969d" hatched />
          {names.gap}: {summary.gapCount}
        </li>
      ) : null}
    </ul>
  );
}

function Swatch({ color, hatched }: { color: string; hatched: boolean }) {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" className={classes.swatch}>
      <rect width="16" height="16" rx="3" fill={color} opacity={hatched ? 0.3 : 0.85} />
      {hatched ? <path d="M-2 10 10-2M2 16 16 2M10 18l8-8" stroke={color} strokeWidth="1.6" /> : null}
    </svg>
  );
}
