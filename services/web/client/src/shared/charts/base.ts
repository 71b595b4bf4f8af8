/** What every uPlot chart of the portal shares: axes, reading by finger and by arrow keys. */
import type uPlot from "uplot";

export const FONT_FAMILY = "'Golos Text Variable', system-ui, sans-serif";

const TEXT = "#56636b";
const GRID = "#e4e9e7";

export const axisStyle = {
  font: `13px ${FONT_FAMILY}`,
  stroke: TEXT,
  grid: { stroke: GRID, width: 1 },
  ticks: { stroke: GRID, width: 1, size: 6 },
} satisfies uPlot.Axis;

export function valueAxis(valueLabel: (value: number) => string): uPlot.Axis {
  return { ...axisStyle, size: 58, space: 40, values: (_, splits) => splits.map(valueLabel) };
}

/** Sideways moves of a finger read the chart; up and down still scroll the page (`touch-action: pan-y`). */
export function followFinger(chart: uPlot): void {
  const follow = (event: PointerEvent) => {
    if (event.pointerType === "mouse") return;
    chart.setCursor({ left: event.clientX - chart.over.getBoundingClientRect().left, top: 10 });
  };
  chart.over.addEventListener("pointerdown", follow);
  chart.over.addEventListener("pointermove", follow);
}

/** Of the screen, by which uPlot draws; while a chart is resized its canvas still has the former width. */
export function pixelRatio(): number {
  return window.devicePixelRatio;
}

/** Where a key leads among `count` places; null for a key that leads nowhere. */
export function nextIndex(key: string, index: number | null, count: number): number | null {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (key === "ArrowRight" || key === "ArrowUp") return index === null ? 0 : Math.min(count - 1, index + 1);
  if (key === "ArrowLeft" || key === "ArrowDown") return index === null ? count - 1 : Math.max(0, index - 1);
  return null;
}
