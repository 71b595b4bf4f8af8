/** The same slots as a table, a part that opens for each local day. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Table, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useFormat } from "../../shared/i18n/useFormat";
import { localDay } from "../../shared/time/zone";
import classes from "./ProfileTable.module.css";
import { byDay, type Slot, summaryOf } from "./series";
import type { Words } from "./useWords";

interface Rows {
  slots: Slot[];
  words: Words;
  isOver: (slot: Slot) => boolean;
  /** Opens the history of a half hour; null where a slot is more than one. */
  onOpen: ((slot: Slot) => void) | null;
}

export function ProfileTable({ zone, ...rows }: Rows & { zone: string }) {
  const { slots } = rows;
  const days = byDay(
    slots.filter((slot) => slot.state !== "pending"),
    (instantMs) => localDay(instantMs, zone),
  );
  return (
    <div>
      {[...days].map(([day, daySlots]) => (
        <DayPart key={day} {...rows} day={day} slots={daySlots} isOnly={days.size === 1} />
      ))}
    </div>
  );
}

function DayPart({ day, isOnly, ...rows }: Rows & { day: string; isOnly: boolean }) {
  const { slots, words } = rows;
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
      {open ? <SlotTable {...rows} /> : null}
    </details>
  );
}

function SlotTable({ slots, words, isOver, onOpen }: Rows) {
  const { t } = useLingui();
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
            <Table.Td className={classes.interval}>
              {onOpen === null || slot.state !== "value" ? (
                words.interval(slot)
              ) : (
                <UnstyledButton
                  className={classes.history ?? ""}
                  aria-label={t`История значения ${words.interval(slot)}`}
                  onClick={() => onOpen(slot)}
                >
                  {words.interval(slot)}
                </UnstyledButton>
              )}
            </Table.Td>
            <Table.Td className={classes.number}>
              {slot.state === "value" ? words.plain(slot.energyWh, "kwh") : "–"}
            </Table.Td>
            <Table.Td className={classes.number}>
              {slot.state === "value" ? words.plain(slot.energyWh, "kw") : "–"}
            </Table.Td>
            <Table.Td>
              {words.state(slot)}
              {slot.marks.length === 0 ? null : (
                <span className={classes.remark}>
                  <Trans>Журнал: {words.marks(slot)}</Trans>
                </span>
              )}
              {isOver(slot) ? (
                <span className={classes.remark}>
                  <Trans>Выше лимита мощности</Trans>
                </span>
              ) : null}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
