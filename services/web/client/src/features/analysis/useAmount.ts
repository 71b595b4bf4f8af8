/** Energy and mean power of a channel as text. */
import { useLingui } from "@lingui/react/macro";
import { useFormat } from "../../shared/i18n/useFormat";
import { type Channel, isReactive } from "../../shared/metering/channels";

export function useAmount(channel: Channel) {
  const { t } = useLingui();
  const format = useFormat();
  const energyUnit = isReactive(channel) ? t`квар·ч` : t`кВт·ч`;
  const powerUnit = isReactive(channel) ? t`квар` : t`кВт`;
  return {
    energyUnit,
    energy: (wh: number) => `${format.number(wh / 1000, 3)} ${energyUnit}`,
    power: (w: number) => `${format.number(w / 1000, 3)} ${powerUnit}`,
    /** In thousands, without the unit. */
    plain: (wh: number) => format.number(wh / 1000, 3),
  };
}
