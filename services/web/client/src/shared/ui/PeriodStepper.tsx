/** A period to choose: back, the dates that it covers with a calendar behind them, forth. */
import { useLingui } from "@lingui/react/macro";
import { ActionIcon } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import type { Day } from "../time/zone";
import { DateField } from "./DateField";
import classes from "./PeriodStepper.module.css";

export function PeriodStepper(props: {
  /** The period in words. */
  label: string;
  /** Any day of the period. */
  date: Day;
  /** First days of the periods before and after; null where there is nothing yet. */
  previous: Day;
  next: Day | null;
  onChange: (day: Day) => void;
}) {
  const { label, date, previous, next, onChange } = props;
  const { t } = useLingui();
  return (
    <div className={classes.period}>
      <ActionIcon
        variant="default"
        size={40}
        aria-label={t`Предыдущий период`}
        onClick={() => onChange(previous)}
      >
        <IconChevronLeft aria-hidden />
      </ActionIcon>
      <DateField
        className={classes.date}
        name={t`Дата: ${label}`}
        text={label}
        value={date}
        onChange={onChange}
      />
      <ActionIcon
        variant="default"
        size={40}
        aria-label={t`Следующий период`}
        disabled={next === null}
        onClick={() => next !== null && onChange(next)}
      >
        <IconChevronRight aria-hidden />
      </ActionIcon>
    </div>
  );
}
