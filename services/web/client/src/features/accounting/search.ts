/** What the addresses of an operator's accounting pages hold; whatever is not known is dropped. */
import type { Edit, PointVerdict } from "../../shared/api/types";
import { type Day, isDay } from "../../shared/time/zone";

export type VerdictState = Exclude<PointVerdict["state"], "withdrawn">;
export type Severity = PointVerdict["severity"];
export type EditState = Edit["state"];
export type ReceiptState = "open" | "confirmed" | "used";

export interface QuestionSearch {
  state?: VerdictState;
  severity?: Severity;
}
export interface EditSearch {
  state?: EditState;
}
export interface CompletenessSearch {
  /** The day whose points are shown. */
  day?: Day;
}
export interface ReceiptSearch {
  state?: ReceiptState;
}

const one = <Value extends string>(known: readonly Value[], value: unknown): { state?: Value } => {
  const state = known.find((each) => each === value);
  return state === undefined ? {} : { state };
};

export function questionSearch({ state, severity }: Record<string, unknown>): QuestionSearch {
  const found = one<Severity>(["question", "gap", "work_order", "note"], severity).state;
  return {
    ...one<VerdictState>(["open", "confirmed", "edited"], state),
    ...(found === undefined ? {} : { severity: found }),
  };
}

export function editSearch({ state }: Record<string, unknown>): EditSearch {
  return one<EditState>(["pending", "approved", "applied", "refused", "withdrawn"], state);
}

export function completenessSearch({ day }: Record<string, unknown>): CompletenessSearch {
  return isDay(day) ? { day } : {};
}

export function receiptSearch({ state }: Record<string, unknown>): ReceiptSearch {
  return one<ReceiptState>(["open", "confirmed", "used"], state);
}
