/** The sentences of the profile: one slot, a whole period, units and qualities. */
import { useLingui } from "@lingui/react/macro";
import { useFormat } from "../../shared/i18n/useFormat";
import type { Channel } from "../../shared/metering/channels";
import { useGroupNames } from "../../shared/metering/useGroupNames";
import { useReasonNames } from "../../shared/metering/useReasonNames";
import { inUnit, type Unit } from "../../shared/units/energy";
import { completeness, type Mark, type Slot, type Summary } from "./series";

export interface Words {
  slot: (slot: Slot) => string;
  summary: (summary: Summary) => string;
  interval: (slot: Slot) => string;
  amount: (energyWh: number, unit: Unit) => string;
  /** The amount without its unit. */
  plain: (energyWh: number, unit: Unit) => string;
  unit: (unit: Unit) => string;
  state: (slot: Slot) => string;
  /** Empty where the journal says nothing. */
  marks: (slot: Slot) => string;
}

/** What the journal of the meter says of a half hour. */
export function useMarkNames(): Record<Mark, string> {
  const { t } = useLingui();
  return {
    power: t`отключалось питание`,
    clock: t`корректировались часы`,
    magnet: t`магнитное воздействие`,
    cover: t`вскрытие`,
    phase: t`пропадала фаза`,
    voltage: t`напряжение вне пределов`,
    reset: t`сброс прибора`,
  };
}

export function useWords(props: { zone: string; stepSeconds: number; channel: Channel }): Words {
  const { zone, stepSeconds, channel } = props;
  const { t } = useLingui();
  const format = useFormat();
  const groupNames = useGroupNames();
  const reasonNames = useReasonNames();
  const markNames = useMarkNames();
  const isReactive = channel === "r_plus" || channel === "r_minus";

  const unit = (name: Unit) => {
    if (name === "kwh") return isReactive ? t`квар·ч` : t`кВт·ч`;
    return isReactive ? t`квар` : t`кВт`;
  };
  const plain = (energyWh: number, name: Unit) => format.number(inUnit(energyWh, name, stepSeconds), 3);
  const amount = (energyWh: number, name: Unit) => `${plain(energyWh, name)} ${unit(name)}`;
  const interval = (slot: Slot) => `${format.time(slot.startMs, zone)}–${format.time(slot.endMs, zone)}`;
  const state = (slot: Slot) => {
    if (slot.state === "value") return groupNames[slot.group];
    if (slot.state === "pending") return t`Время ещё не пришло`;
    return slot.reason === null ? groupNames.gap : `${groupNames.gap}: ${reasonNames[slot.reason]}`;
  };
  const marks = (one: Slot) => one.marks.map((mark) => markNames[mark]).join(", ");
  const slot = (one: Slot) => {
    const parts = [`${format.date(one.startMs, zone)} ${interval(one)}`];
    if (one.state === "value") parts.push(amount(one.energyWh, "kwh"), amount(one.energyWh, "kw"));
    parts.push(state(one));
    if (one.marks.length > 0) parts.push(t`журнал: ${marks(one)}`);
    return parts.join(" · ");
  };
  const summary = (whole: Summary) => {
    const percent = completeness(whole);
    // Without a single value there is no sum: zero would be a lie.
    const parts = whole.valueCount === 0 ? [groupNames.gap] : [t`Итого: ${amount(whole.energyWh, "kwh")}`];
    if (percent !== null) {
      parts.push(t`получено ${percent} % (${whole.valueCount} из ${whole.valueCount + whole.gapCount})`);
    }
    if (whole.peak !== null) {
      parts.push(
        t`максимум ${amount(whole.peak.energyWh, "kw")}, ${format.dateTime(whole.peak.startMs, zone)}`,
      );
    }
    return parts.join(" · ");
  };
  return { slot, summary, interval, amount, plain, unit, state, marks };
}
