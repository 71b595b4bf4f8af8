/** What the address of the supply-quality tab holds: any local day of the month shown. */
import { type Day, isDay } from "../../shared/time/zone";

export interface SupplySearch {
  date?: Day;
}

export function supplySearch({ date }: Record<string, unknown>): SupplySearch {
  return isDay(date) ? { date } : {};
}
