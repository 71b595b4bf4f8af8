/** What is typed as kWh, as whole Wh. Pure. */

const PATTERN = /^(\d{1,9})(?:[.,](\d{1,3}))?$/;

/** Null for what is no amount of at most three decimals; a comma and a point mean the same. */
export function wattHoursOf(text: string): number | null {
  const found = PATTERN.exec(text.trim());
  if (found === null) return null;
  return Number(found[1]) * 1000 + Number((found[2] ?? "").padEnd(3, "0"));
}
