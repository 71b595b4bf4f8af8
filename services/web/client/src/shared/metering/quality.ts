/** The quality codes of an interval, joined into the groups that a reader tells apart. */

export const GROUPS = ["measured", "unchecked", "doubtful", "estimated", "edited", "unknown"] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_BY_CODE: Record<string, Group> = {
  VALID: "measured",
  REVENUE: "measured",
  ACCEPTED: "measured",
  CONTROL: "measured",
  RAW: "unchecked",
  QUESTIONED: "doubtful",
  DERIVED: "estimated",
  INTERP: "estimated",
  HISTORY: "estimated",
  LEGAL: "estimated",
  EDITED: "edited",
};

/** A code of a later version of the API is "unknown", never "measured". */
export function groupOf(code: string): Group {
  return GROUP_BY_CODE[code] ?? "unknown";
}
