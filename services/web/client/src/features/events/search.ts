/** What the address of the journal tab holds: period in local days of the point (both ends shown) and the journal. */
import { type Day, isDay } from "../../shared/time/zone";

export interface JournalSearch {
  from?: Day;
  to?: Day;
  journal?: string;
}

export function journalSearch(search: Record<string, unknown>): JournalSearch {
  const { from, to, journal } = search;
  return {
    ...(isDay(from) ? { from } : {}),
    ...(isDay(to) ? { to } : {}),
    ...(typeof journal === "string" && journal !== ""
      ? { journal }
      : typeof journal === "number"
        ? { journal: String(journal) }
        : {}),
  };
}
