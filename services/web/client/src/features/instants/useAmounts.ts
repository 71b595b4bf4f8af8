/** Instant quantities as text: the API has whole thousandths of their units. */
import { useLingui } from "@lingui/react/macro";
import { useFormat } from "../../shared/i18n/useFormat";

export function useAmounts() {
  const { t } = useLingui();
  const format = useFormat();
  const of = (digits: number, unit: string) => (thousandths: number | null) =>
    thousandths === null ? "–" : `${format.number(thousandths / 1000, digits)} ${unit}`.trimEnd();
  return {
    power: of(3, t`кВт`),
    reactivePower: of(3, t`квар`),
    voltage: of(1, t`В`),
    current: of(3, t`А`),
    frequency: of(2, t`Гц`),
    factor: of(3, ""),
  };
}
