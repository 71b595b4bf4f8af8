/** A calendar date to choose, in the language of the page; Mantine's calendars do not follow dayjs' global locale. */
import "dayjs/locale/ru";
import { useLingui } from "@lingui/react/macro";
import { DatePickerInput, DatesProvider } from "@mantine/dates";
import { useId } from "react";
import { useFormat } from "../i18n/useFormat";
import type { Day } from "../time/zone";
import classes from "./DateField.module.css";

export function DateField(props: {
  value: Day;
  onChange: (day: Day) => void;
  label?: string;
  /** For a field without a visible label; must hold the text that the field shows. */
  name?: string;
  /** What the field shows instead of the date. */
  text?: string;
  min?: Day;
  max?: Day;
  className?: string | undefined;
}) {
  const { label, name, value, text, min, max, className, onChange } = props;
  const { t, i18n } = useLingui();
  const format = useFormat();
  const id = useId();
  return (
    <DatesProvider settings={{ locale: i18n.locale === "en" ? "en" : "ru", firstDayOfWeek: 1 }}>
      <DatePickerInput
        // The calendar is a dialog named by the element with the popover's id.
        id={id}
        popoverProps={{ id }}
        className={className ?? ""}
        classNames={{ day: classes.day ?? "" }}
        {...(label === undefined ? {} : { label })}
        {...(name === undefined ? {} : { "aria-label": name })}
        {...(min === undefined ? {} : { minDate: min })}
        {...(max === undefined ? {} : { maxDate: max })}
        value={value}
        valueFormatter={() => text ?? format.day(value)}
        hideOutsideDates
        ariaLabels={{
          previousMonth: t`Предыдущий месяц`,
          nextMonth: t`Следующий месяц`,
          previousYear: t`Предыдущий год`,
          nextYear: t`Следующий год`,
          previousDecade: t`Предыдущее десятилетие`,
          nextDecade: t`Следующее десятилетие`,
        }}
        onChange={(day) => day !== null && onChange(day)}
      />
    </DatesProvider>
  );
}
