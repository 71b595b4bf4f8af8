/** What uPlot does not draw by itself: slots as bars between their borders, quality as pattern, gaps as grey bands. */
import type uPlot from "uplot";
import type { Group } from "../../shared/metering/quality";
import { inUnit, type Unit } from "../../shared/units/energy";
import type { Band, Slot } from "./series";

/** Fill and outline of each group; a hatched one can be told from the others without its colour. */
export const GROUP_STYLE: Record<Group, { color: string; hatched: boolean }> = {
  measured: { color: "#0b7d48", hatched: false },
  unchecked: { color: "#2f74b5", hatched: false },
  doubtful: { color: "#c92a2a", hatched: true },
  estimated: { color: "#b06a00", hatched: true },
  edited: { color: "#7048b8", hatched: false },
  unknown: { color: "#56636b", hatched: true },
};
export const MARK_COLOR = "#14212b";
export const LIMIT_COLOR = "#b3261e";
const GAP_FILL = "#e3e6e8";
const GAP_LINE = "#c3cacf";
const GAP_TEXT = "#4a555c";
const TEXT_ROOM = 1.15;

export function drawGaps(u: uPlot, bands: Band[], word: string, font: string): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.font = font;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const band of bands) {
    const left = u.valToPos(band.startMs / 1000, "x", true);
    const width = Math.max(1, u.valToPos(band.endMs / 1000, "x", true) - left);
    ctx.fillStyle = GAP_FILL;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = hatch(ctx, GAP_LINE);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    if (ctx.measureText(word).width * TEXT_ROOM < width) {
      ctx.fillStyle = GAP_TEXT;
      ctx.fillText(word, left + width / 2, bbox.top + bbox.height / 2);
    }
  }
  ctx.restore();
}

/** A strip with a flag at its beginning, at the top of the half hours that the meter's journal marks. */
export function drawMarks(u: uPlot, bands: Band[], pixelRatio: number): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = MARK_COLOR;
  for (const band of bands) {
    const left = u.valToPos(band.startMs / 1000, "x", true);
    const width = Math.max(3 * pixelRatio, u.valToPos(band.endMs / 1000, "x", true) - left);
    ctx.fillRect(left, bbox.top, width, 3 * pixelRatio);
    ctx.beginPath();
    ctx.moveTo(left, bbox.top);
    ctx.lineTo(left + 7 * pixelRatio, bbox.top);
    ctx.lineTo(left, bbox.top + 10 * pixelRatio);
    ctx.fill();
  }
  ctx.restore();
}

/** The max power of the passport, in the unit of the axis, with its word. */
export function drawLimit(u: uPlot, limit: number, word: string, font: string): void {
  const { ctx, bbox } = u;
  const y = u.valToPos(limit, "y", true);
  ctx.save();
  ctx.strokeStyle = LIMIT_COLOR;
  ctx.fillStyle = LIMIT_COLOR;
  ctx.lineWidth = 2;
  ctx.setLineDash([10, 6]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = font;
  ctx.textAlign = "right";
  // Below the line: above it stand the flags of the journal.
  ctx.textBaseline = "top";
  ctx.fillText(word, bbox.left + bbox.width - 4, y + 4);
  ctx.restore();
}

export function drawSlots(u: uPlot, slots: Slot[], unit: Unit, stepSeconds: number): void {
  const { ctx } = u;
  const zero = u.valToPos(0, "y", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height + 1);
  ctx.clip();
  for (const slot of slots) {
    if (slot.state !== "value") continue;
    const left = u.valToPos(slot.startMs / 1000, "x", true);
    const width = u.valToPos(slot.endMs / 1000, "x", true) - left;
    const top = u.valToPos(inUnit(slot.energyWh, unit, stepSeconds), "y", true);
    const space = width > 6 ? Math.max(1, width * 0.12) : 0;
    drawBar(ctx, GROUP_STYLE[slot.group], {
      left: left + space / 2,
      top,
      width: width - space,
      height: zero - top,
    });
  }
  ctx.restore();
}

function drawBar(
  ctx: CanvasRenderingContext2D,
  { color, hatched }: { color: string; hatched: boolean },
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): void {
  ctx.globalAlpha = hatched ? 0.35 : 0.85;
  ctx.fillStyle = color;
  ctx.fillRect(left, top, width, height);
  ctx.globalAlpha = 1;
  if (hatched) {
    ctx.fillStyle = hatch(ctx, color);
    ctx.fillRect(left, top, width, height);
  }
  // A zero has no height: its line shows that it was measured.
  ctx.fillStyle = color;
  ctx.fillRect(left, top - 1, width, 2);
}

const patterns = new Map<string, CanvasPattern | string>();

function hatch(ctx: CanvasRenderingContext2D, color: string): CanvasPattern | string {
  const known = patterns.get(color);
  if (known !== undefined) return known;
  const size = 8;
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const tileCtx = tile.getContext("2d");
  if (tileCtx === null) return color;
  tileCtx.strokeStyle = color;
  tileCtx.lineWidth = 1.5;
  tileCtx.beginPath();
  for (const offset of [-size, 0, size]) {
    tileCtx.moveTo(offset, size);
    tileCtx.lineTo(offset + size, 0);
  }
  tileCtx.stroke();
  const pattern = ctx.createPattern(tile, "repeat") ?? color;
  patterns.set(color, pattern);
  return pattern;
}
