/** The chart in the page: lives and grows with its box, reads out slots by arrow keys. */
import { useLingui } from "@lingui/react/macro";
import { type KeyboardEvent, useEffect, useRef } from "react";
import type uPlot from "uplot";
import { nextIndex } from "../../shared/charts/base";
import { useFormat } from "../../shared/i18n/useFormat";
import type { Range } from "../../shared/time/zone";
import { createChart, pointAt } from "./chart";
import classes from "./ProfileChart.module.css";
import { type Slot, summaryOf } from "./series";
import type { ProfileView } from "./view";

const NARROW_PX = 560;

export function ProfileChart(props: {
  slots: Slot[];
  range: Range;
  stepSeconds: number;
  zone: string;
  view: ProfileView;
  activeIndex: number | null;
  activeText: string;
  limitW: number | null;
  onActive: (index: number | null) => void;
  /** By the Enter key on a slot. */
  onOpen: (slot: Slot) => void;
}) {
  const { slots, range, stepSeconds, zone, view, activeIndex, activeText, limitW, onActive, onOpen } = props;
  const { period, unit } = view;
  const { t } = useLingui();
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const gapWord = t`нет данных`;
  const limitWord = t`лимит мощности`;
  const summary = summaryOf(slots);

  useEffect(() => {
    const target = box.current;
    if (target === null) return;
    const size = () => ({
      width: target.clientWidth,
      height: target.clientWidth < NARROW_PX ? 260 : 360,
    });
    const tickLabel = {
      day: (instantMs: number) => format.time(instantMs, zone),
      week: (instantMs: number) => format.weekday(instantMs, zone),
      month: (instantMs: number) => format.dayAndMonth(instantMs, zone),
    }[period];
    const created = createChart(
      target,
      {
        slots,
        range,
        stepSeconds,
        period,
        zone,
        unit,
        gapWord,
        limitW,
        limitWord,
        tickLabel,
        valueLabel: (value) => format.number(value),
        onActive,
      },
      size(),
    );
    chart.current = created;
    const observer = new ResizeObserver(() => created.setSize(size()));
    observer.observe(target);
    return () => {
      observer.disconnect();
      created.destroy();
      chart.current = null;
      onActive(null);
    };
  }, [slots, range, stepSeconds, period, zone, unit, gapWord, limitW, limitWord, format, onActive]);

  const onKeyDown = (event: KeyboardEvent) => {
    const chosen = activeIndex === null ? undefined : slots[activeIndex];
    if (event.key === "Enter" && chosen !== undefined) {
      event.preventDefault();
      onOpen(chosen);
      return;
    }
    const target = nextIndex(event.key, activeIndex, slots.length);
    const slot = target === null ? undefined : slots[target];
    if (slot === undefined || chart.current === null) return;
    event.preventDefault();
    pointAt(chart.current, slot);
  };

  return (
    <div
      ref={box}
      className={classes.chart}
      data-testid="profile-chart"
      data-slots={summary.valueCount}
      data-gaps={summary.gapCount}
      data-pending={summary.pendingCount}
      role="slider"
      tabIndex={0}
      aria-label={t`График профиля мощности, стрелками влево и вправо — по интервалам, Enter — история значения`}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={Math.max(0, slots.length - 1)}
      aria-valuenow={activeIndex ?? 0}
      aria-valuetext={activeText}
      onKeyDown={onKeyDown}
      onBlur={() => chart.current !== null && pointAt(chart.current, null)}
    />
  );
}
