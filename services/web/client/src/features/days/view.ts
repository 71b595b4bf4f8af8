/** What the address of the ledger's tab holds: any local day of the month shown. */
import { type Day, isDay } from "../../shared/time/zone";

export interface DaysSearch {
  date?: Day;
}

export function daysSearch({ date }: Record<string, unknown>): DaysSearch {
  return isDay(date) ? { date } : {};
}
