/** Why a half hour is missing, in words. */
import { useLingui } from "@lingui/react/macro";
import type { Profile } from "../api/types";

export type GapReason = Profile["gaps"][number]["reason"];

export function useReasonNames(): Record<GapReason, string> {
  const { t } = useLingui();
  return {
    not_installed: t`прибор учета ещё не стоял`,
    not_yet_due: t`время ещё не пришло`,
    meter_off: t`прибор учета был без питания`,
    clock_set: t`переводились часы прибора`,
    memory_overwritten: t`память прибора уже перезаписана`,
    no_link: t`нет связи с прибором`,
    no_record: t`прибор не сохранил запись`,
  };
}
