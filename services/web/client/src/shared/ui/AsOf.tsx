/** Until when what stands above holds: how far the meter's data have come, or when the portal's own records were read. */
import { Trans } from "@lingui/react/macro";
import { useFormat } from "../i18n/useFormat";
import sheet from "./sheet.module.css";

/** `at` is null while nothing has come from the meter. */
export function DataAsOf({ at, zone }: { at: string | null; zone: string }) {
  const format = useFormat();
  return (
    <p className={sheet.note}>
      {at === null ? (
        <Trans>Данных от прибора ещё не было. Время точки учета: {zone}</Trans>
      ) : (
        <Trans>
          Данные на {format.dateTime(at, zone)}. Время точки учета: {zone}
        </Trans>
      )}
    </p>
  );
}

/** Of decisions, closed days and receipts; it says nothing of how far the meter's data have come. */
export function RecordsAsOf({ at, zone }: { at: string | null | undefined; zone: string }) {
  const format = useFormat();
  return at ? (
    <p className={sheet.note}>
      <Trans>Состояние на {format.dateTime(at, zone)}</Trans>
    </p>
  ) : null;
}
