/** The columns of a consumption answer as rows, the newest first. Pure. A period without a value is null, never zero. */
import type { Consumption } from "../../shared/api/types";
import type { Channel } from "../../shared/metering/channels";
import { addDays, type Day } from "../../shared/time/zone";

export interface Row {
  /** Local days, both included. */
  first: Day;
  last: Day;
  value: number | null;
  /** The period still runs. */
  runs: boolean;
  missing: number;
  estimated: number;
  questioned: number;
  slots: number;
  /** Of the greatest value, 0 to 1; null without a value. */
  share: number | null;
}

/** Periods that have not begun are left out. `nextDay` gives the first day of the period after one. */
export function rowsOf(answer: Consumption, channel: Channel, nextDay: (first: Day) => Day): Row[] {
  const column = answer.channels.find((one) => one.channel === channel);
  if (column === undefined) return [];
  const greatest = column.values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  return answer.days
    .map((first, index): Row & { ended: number } => {
      const value = column.values[index] ?? null;
      const slots = answer.slots[index] ?? 0;
      const ended = answer.slots_ended[index] ?? 0;
      return {
        first,
        last: addDays(nextDay(first), -1),
        value,
        runs: ended < slots,
        missing: column.missing[index] ?? 0,
        estimated: column.estimated[index] ?? 0,
        questioned: column.questioned[index] ?? 0,
        slots,
        ended,
        share: value === null || greatest === 0 ? null : value / greatest,
      };
    })
    .filter(({ ended, value }) => ended > 0 || value !== null)
    .map(({ ended: _, ...row }) => row)
    .reverse();
}

/** Without the oldest periods of which nothing is known: they are before the point's first data. */
export function sinceFirst(rows: Row[]): Row[] {
  return rows.slice(0, rows.findLastIndex((row) => row.value !== null) + 1);
}

export interface Total {
  value: number | null;
  /** Something of the shown periods is missing or has not come yet. */
  partial: boolean;
}

export function totalOf(rows: Row[]): Total {
  const known = rows.filter((row) => row.value !== null);
  return {
    value: known.length === 0 ? null : known.reduce((sum, row) => sum + (row.value ?? 0), 0),
    partial: rows.some((row) => row.runs || row.missing > 0 || row.value === null),
  };
}
