/** The heat map: which cell a half hour has, and the drawing of the cells. Local time is that of the point. */
import type { HeatMap } from "../../shared/api/types";
import { type Day, localDay, wallMs } from "../../shared/time/zone";

export type CellState = "value" | "gap" | "pending";

export interface Cell {
  /** Half hour of the wall clock, 0 to 47; where clocks go back two cells have the same. */
  column: number;
  startMs: number;
  state: CellState;
  energyWh: number | null;
}

export interface Row {
  day: Day;
  cells: Cell[];
}

export const COLUMNS = 48;

const HALF_HOUR_MS = 1_800_000;
const DAY_MS = COLUMNS * HALF_HOUR_MS;
const LIGHT = [226, 241, 233];
const DARK = [4, 60, 35];
const GAP = "#c3cacf";
const PENDING = "#fff";

/** What is missing after `as_of` has not come yet; before it, it is a gap. */
export function rowsOf({ days, as_of: asOf, time_zone: zone }: HeatMap): Row[] {
  const knownUntilMs = asOf === null ? Number.NEGATIVE_INFINITY : Date.parse(asOf);
  return days.map(({ day, start, values }) => ({
    day,
    cells: values.map((energyWh, index): Cell => {
      const startMs = Date.parse(start) + index * HALF_HOUR_MS;
      const state = energyWh !== null ? "value" : startMs < knownUntilMs ? "gap" : "pending";
      return { column: columnOf(startMs, zone), startMs, state, energyWh };
    }),
  }));
}

export function columnOf(startMs: number, zone: string): number {
  const wall = wallMs(startMs, zone) - Date.parse(`${localDay(startMs, zone)}T00:00:00Z`);
  return Math.floor((wall % DAY_MS) / HALF_HOUR_MS);
}

/** From nothing, the palest, to the greatest of the map, the darkest; linear. */
export function colorOf({ state, energyWh }: Cell, greatest: number): string {
  if (state === "gap") return GAP;
  if (state === "pending" || energyWh === null) return PENDING;
  const share = greatest === 0 ? 0 : energyWh / greatest;
  const parts = LIGHT.map((light, index) => Math.round(light + ((DARK[index] ?? 0) - light) * share));
  return `rgb(${parts.join(" ")})`;
}

/** Draws the cells over the whole canvas; a gap has a stroke through it, so that it can be told without colour. */
export function drawCells(canvas: HTMLCanvasElement, rows: Row[], greatest: number): void {
  const ctx = canvas.getContext("2d");
  if (ctx === null) return;
  const width = canvas.width / COLUMNS;
  const height = canvas.height / rows.length;
  ctx.clearRect(0, 0, canvas.width, canvas.height);
  ctx.strokeStyle = "#56636b";
  for (const [line, { cells }] of rows.entries()) {
    for (const cell of cells) {
      const [left, top] = [Math.round(cell.column * width), Math.round(line * height)];
      ctx.fillStyle = colorOf(cell, greatest);
      ctx.fillRect(left, top, Math.ceil(width), Math.ceil(height));
      if (cell.state !== "gap") continue;
      ctx.beginPath();
      ctx.moveTo(left, top + height);
      ctx.lineTo(left + width, top);
      ctx.stroke();
    }
  }
}
