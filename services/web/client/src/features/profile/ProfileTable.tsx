/** The same slots as a table, a part that opens for each local day. */
import { Trans } from "@lingui/react/macro";
import { Table } from "@mantine/core";
import { useState } from "react";
import { useFormat } from "../../shared/i18n/useFormat";
import { localDay } from "../../shared/time/zone";
import classes from "./ProfileTable.module.css";
import { byDay, type Slot, summaryOf } from "./series";
import type { Words } from "./useWords";

export function ProfileTable(props: { slots: Slot[]; words: Words; zone: string }) {
  const { slots, words, zone } = props;
  const days = byDay(
    slots.filter((slot) => slot.state !== "pending"),
    (instantMs) => localDay(instantMs, zone),
  );
  return (
    <div>
      {[...days].map(([day, daySlots]) => (
        <DayPart key={day} day={day} slots={daySlots} words={words} isOnly={days.size === 1} />
      ))}
    </div>
  );
}

function DayPart({
  day,
  slots,
  words,
  isOnly,
}: {
  day: string;
  slots: Slot[];
  words: Words;
  isOnly: boolean;
}) {
  const format = useFormat();
  const [open, setOpen] = useState(isOnly);
  const { energyWh, valueCount, gapCount } = summaryOf(slots);
  return (
    <details className={classes.day} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={classes.summary}>
        <span>{format.day(day)}</span>
        <span>{valueCount === 0 ? "–" : words.amount(energyWh, "kwh")}</span>
        <span className={classes.gaps}>{gapCount > 0 ? <Trans>Нет данных: {gapCount}</Trans> : null}</span>
      </summary>
      {open ? <SlotTable slots={slots} words={words} /> : null}
    </details>
  );
}

function SlotTable({ slots, words }: { slots: Slot[]; words: Words }) {
  return (
    <Table className={classes.table} verticalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">
            <Trans>Интервал</Trans>
          </Table.Th>
          <Table.Th scope="col" className={classes.number}>
            {words.unit("kwh")}
          </Table.Th>
          <Table.Th scope="col" className={classes.number}>
            {words.unit("kw")}
          </Table.Th>
          <Table.Th scope="col">
            <Trans>Качество</Trans>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {slots.map((slot) => (
          <Table.Tr key={slot.startMs} className={slot.state === "gap" ? classes.gapRow : undefined}>
            <Table.Td>{words.interval(slot)}</Table.Td>
            <Table.Td className={classes.number}>
              {slot.state === "value" ? words.plain(slot.energyWh, "kwh") : "–"}
            </Table.Td>
            <Table.Td className={classes.number}>
              {slot.state === "value" ? words.plain(slot.energyWh, "kw") : "–"}
            </Table.Td>
            <Table.Td>{words.state(slot)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
