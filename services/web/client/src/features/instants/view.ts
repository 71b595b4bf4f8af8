/** What the address of the tab of instant values holds: how far back its picture reaches. */

export const HOURS = [1, 6, 24] as const;
export type Hours = (typeof HOURS)[number];

export interface InstantsSearch {
  hours?: Hours;
}

export function instantsSearch({ hours }: Record<string, unknown>): InstantsSearch {
  const known = HOURS.find((one) => one === Number(hours));
  return known === undefined ? {} : { hours: known };
}
