/** Words for a day of the ledger. A code of a later version of the API is shown as it came. */
import { useLingui } from "@lingui/react/macro";
import type { LedgerDay } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import type { Day } from "../../shared/time/zone";

export function useDayWords() {
  const { t } = useLingui();
  const format = useFormat();
  const changes: Record<string, string> = {
    late: t`пришли опоздавшие получасы`,
    withdrawn: t`часть получасов отозвана`,
    edited: t`значения исправлены человеком`,
    billed: t`значения вошли в закрытый расчёт`,
    estimate_replaced: t`вместо расчётных пришли измеренные значения`,
    estimated: t`пропуск заполнен расчётом`,
    registers: t`изменились показания прибора на границах суток`,
    measured: t`другие значения или качество`,
  };
  const causes: Record<string, string> = {
    missing_slots: t`нет части получасов`,
    register_off_border: t`показания сняты не на границе суток`,
    clock_set: t`переводились часы прибора`,
    ratio_version: t`сменился коэффициент трансформации`,
    exchange: t`прибор учета заменён`,
    reset: t`показание меньше предыдущего`,
    profile_rounding: t`округление получасов в приборе`,
    wrong_channel: t`похоже, перепутаны каналы`,
    unexplained: t`причина не найдена`,
  };
  const verdicts: Record<string, string> = {
    agrees: t`сумма получасов сходится с показаниями`,
    differs: t`сумма получасов расходится с показаниями`,
    no_registers: t`нет показаний рядом с границами суток`,
  };
  const states: Record<LedgerDay["state"], string> = {
    open: t`СУТКИ ЕЩЁ ОТКРЫТЫ`,
    complete: t`ПОЛНЫЕ`,
    incomplete: t`НЕПОЛНЫЕ`,
  };
  /** The revision before was in a bill, this one was not yet. */
  const corrects = ({ billed, revision }: LedgerDay) =>
    billed !== null && revision !== null && billed.revision < revision;

  return {
    state: ({ state }: LedgerDay) => states[state],
    slots: (day: LedgerDay) => {
      const [received, expected] = [day.slots_received, day.slots_expected];
      if (received === null || expected === null) return null;
      const parts = [t`получено ${received} из ${expected}`];
      const [estimated, missing] = [day.slots_estimated ?? 0, day.slots_missing ?? 0];
      if (estimated > 0) parts.push(t`расчётных ${estimated}`);
      if (missing > 0) parts.push(t`нет ${missing}`);
      return parts.join(", ");
    },
    /** The one thing to know of the way through billing. */
    receipt: (day: LedgerDay, today: Day) => {
      if (day.revision === null)
        return day.day < today ? t`Скоро закроются` : t`Закроются после полуночи точки учета`;
      if (corrects(day)) return t`В расчёте прежняя ревизия, исправление ждёт`;
      if (day.billed !== null) return t`Вошло в расчёт за ${format.month(day.billed.period)}`;
      if (day.receipt?.state === "wrong_digest") return t`Расчётная система получила другие значения`;
      if (day.receipt?.state === "confirmed") return t`Получено расчётной системой`;
      return t`Ждёт ответа расчётной системы`;
    },
    answer: ({ receipt }: LedgerDay) => {
      if (receipt === null) return null;
      if (receipt.state === "confirmed") return t`подтвердила эти значения`;
      return receipt.state === "awaited"
        ? t`ещё не ответила`
        : t`ответила о других значениях, поставщик извещён`;
    },
    billed: ({ billed }: LedgerDay) =>
      billed === null ? null : t`за ${format.month(billed.period)}, ревизия ${billed.revision}`,
    landsIn: (day: LedgerDay) => {
      if (day.lands_in_period === null || (day.billed !== null && !corrects(day))) return null;
      const period = format.month(day.lands_in_period);
      if (day.corrects_period === null) return period;
      return t`${period} — как исправление за ${format.month(day.corrects_period)}, расчёт за который уже закрыт`;
    },
    change: ({ change }: LedgerDay) => (change === null ? null : (changes[change] ?? change)),
    verdict: ({ verdict, cause }: LedgerDay) => {
      if (verdict === null) return null;
      const word = verdicts[verdict] ?? verdict;
      return cause === null ? word : `${word}: ${causes[cause] ?? cause}`;
    },
  };
}
