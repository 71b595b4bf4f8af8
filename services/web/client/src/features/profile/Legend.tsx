/** Which colours and patterns the chart holds, in words; only those that are there. */
import { useLingui } from "@lingui/react/macro";
import { useFormat } from "../../shared/i18n/useFormat";
import { GROUPS } from "../../shared/metering/quality";
import { useGroupNames } from "../../shared/metering/useGroupNames";
import { type GapReason, useReasonNames } from "../../shared/metering/useReasonNames";
import { GROUP_STYLE, LIMIT_COLOR, MARK_COLOR } from "./drawing";
import classes from "./Legend.module.css";
import type { Mark, Summary } from "./series";
import { useMarkNames } from "./useWords";

export function Legend(props: { summary: Summary; limitW: number | null; overLimit: number }) {
  const { summary, limitW, overLimit } = props;
  const { t } = useLingui();
  const format = useFormat();
  const names = useGroupNames();
  const reasonNames = useReasonNames();
  const markNames = useMarkNames();
  const reasons = (Object.entries(summary.reasons) as [GapReason, number][])
    .map(([reason, count]) => `${reasonNames[reason]} — ${count}`)
    .join(", ");
  const marks = (Object.entries(summary.marks) as [Mark, number][])
    .map(([mark, count]) => `${markNames[mark]} — ${count}`)
    .join(", ");
  const limit = limitW === null ? "" : format.number(limitW / 1000);
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
          <span>
            {names.gap}: {summary.gapCount}
            {reasons === "" ? null : ` (${reasons})`}
          </span>
        </li>
      ) : null}
      {marks === "" ? null : (
        <li>
          <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" className={classes.swatch}>
            <path d="M1 2h14v3H8L1 14z" fill={MARK_COLOR} />
          </svg>
          <span>{t`Журнал прибора: ${marks}`}</span>
        </li>
      )}
      {limitW === null ? null : (
        <li>
          <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" className={classes.swatch}>
            <path d="M0 8h6m4 0h6" stroke={LIMIT_COLOR} strokeWidth="2" />
          </svg>
          <span>{t`Лимит мощности ${limit} кВт, выше него интервалов: ${overLimit}`}</span>
        </li>
      )}
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
