/** The uPlot chart of a profile: axes in the point's local time, bars and gap bands, cursor by mouse and finger. */
import uPlot from "uplot";
import { axisStyle, FONT_FAMILY, followFinger, pixelRatio, valueAxis } from "../../shared/charts/base";
import type { Period, Range } from "../../shared/time/zone";
import { inUnit, type Unit } from "../../shared/units/energy";
import { drawGaps, drawLimit, drawMarks, drawSlots } from "./drawing";
import { gapBands, markBands, type Slot } from "./series";
import { timeTicks } from "./ticks";

export interface ChartInput {
  slots: Slot[];
  range: Range;
  stepSeconds: number;
  period: Period;
  zone: string;
  unit: Unit;
  gapWord: string;
  /** Max power of the passport; null where there is none, or for a channel that it does not limit. */
  limitW: number | null;
  limitWord: string;
  tickLabel: (instantMs: number) => string;
  valueLabel: (value: number) => string;
  onActive: (index: number | null) => void;
}

const TICK_ROOM_PX: Record<Period, number> = { day: 46, week: 44, month: 70 };

export function createChart(
  target: HTMLElement,
  input: ChartInput,
  size: { width: number; height: number },
): uPlot {
  const { slots, unit, stepSeconds, range, limitW } = input;
  const values = slots.map((slot) =>
    slot.state === "value" ? inUnit(slot.energyWh, unit, stepSeconds) : null,
  );
  // Points in the middle of their slots: the nearest point to the cursor is then the slot under it.
  const middles = slots.map((slot) => (slot.startMs + slot.endMs) / 2000);
  const limit = limitW === null ? null : inUnit((limitW * stepSeconds) / 3600, unit, stepSeconds);
  const top = values.reduce<number>((most, value) => Math.max(most, value ?? 0), limit ?? 0);
  const bands = gapBands(slots);
  const marked = markBands(slots);
  const highlight = document.createElement("div");
  const font = () => `${13 * pixelRatio()}px ${FONT_FAMILY}`;

  const options: uPlot.Options = {
    ...size,
    padding: [12, 26, 0, 0],
    legend: { show: false },
    cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
    scales: {
      x: { time: false, range: () => [range.startMs / 1000, range.endMs / 1000] },
      y: { range: () => [0, top > 0 ? top * 1.08 : 1] },
    },
    series: [{}, { paths: () => null, points: { show: false } }],
    axes: [timeAxis(input), valueAxis(input.valueLabel)],
    hooks: {
      ready: [
        (u) => {
          highlight.className = "profile-highlight";
          highlight.hidden = true;
          u.over.append(highlight);
        },
      ],
      drawClear: [(u) => drawGaps(u, bands, input.gapWord, font())],
      draw: [
        (u) => {
          drawSlots(u, slots, unit, stepSeconds);
          drawMarks(u, marked, pixelRatio());
          if (limit !== null) drawLimit(u, limit, input.limitWord, font());
        },
      ],
      setCursor: [
        (u) => {
          const index = u.cursor.idx ?? null;
          const slot = index === null ? undefined : slots[index];
          highlight.hidden = slot === undefined;
          if (slot !== undefined) {
            const left = u.valToPos(slot.startMs / 1000, "x");
            highlight.style.left = `${left}px`;
            highlight.style.width = `${u.valToPos(slot.endMs / 1000, "x") - left}px`;
          }
          input.onActive(slot === undefined ? null : index);
        },
      ],
    },
  };
  const chart = new uPlot(options, [middles, values], target);
  followFinger(chart);
  return chart;
}

/** Put the cursor on a slot, as an arrow key does; null takes it away. */
export function pointAt(chart: uPlot, slot: Slot | null): void {
  const left = slot === null ? -10 : chart.valToPos((slot.startMs + slot.endMs) / 2000, "x");
  chart.setCursor({ left, top: 10 });
}

function timeAxis({ range, period, zone, tickLabel }: ChartInput): uPlot.Axis {
  return {
    ...axisStyle,
    size: 34,
    ...(period === "day" ? {} : { align: 1 }),
    splits: (u) => {
      const limit = Math.max(2, Math.floor(u.bbox.width / pixelRatio() / TICK_ROOM_PX[period]));
      return timeTicks(period, range, zone, limit).map((instantMs) => instantMs / 1000);
    },
    values: (_, splits) => splits.map((seconds) => tickLabel(seconds * 1000)),
  };
}
