/** «Журналы событий» (manual, chapter 3.5): period and journal as filters, rows of «Дата/Время» and «Сообщение». */
import "./events.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, NativeSelect, Table } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api } from "../../shared/api/client";
import { useJournalEntries } from "../../shared/api/lists";
import { usePoint } from "../../shared/api/points";
import type { JournalEntry } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import { addDays, type Day, dayStartMs, localDay } from "../../shared/time/zone";
import { DataAsOf } from "../../shared/ui/AsOf";
import { Block } from "../../shared/ui/Block";
import { DateField } from "../../shared/ui/DateField";
import { Empty, MoreButton, QueryBlock } from "../../shared/ui/states";
import classes from "./JournalTab.module.css";

const ROUTE = "/signed-in/contracts/$contractId/points/$pointId/journal";
const DEFAULT_DAYS = 7;

interface Filter {
  from: Day;
  to: Day;
  journal: string;
}

export function JournalTab() {
  const { t } = useLingui();
  const { pointId } = useParams({ from: ROUTE });
  const point = usePoint(pointId);
  return (
    <Block title={t`Журналы событий`}>
      <QueryBlock query={point} height={320}>
        {({ time_zone: zone }) => <Journal pointId={pointId} zone={zone} />}
      </QueryBlock>
    </Block>
  );
}

function Journal({ pointId, zone }: { pointId: string; zone: string }) {
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/contracts/$contractId/points/$pointId/journal" });
  const today = localDay(Date.now(), zone);
  const to = search.to ?? today;
  const from = search.from ?? addDays(to, 1 - DEFAULT_DAYS);
  const filter: Filter = { from: from <= to ? from : to, to, journal: search.journal ?? "" };
  const show = ({ journal, ...period }: Filter) =>
    void navigate({ search: journal === "" ? period : { ...period, journal } });
  return (
    <>
      <FilterForm key={JSON.stringify(filter)} pointId={pointId} filter={filter} onShow={show} />
      <Entries pointId={pointId} zone={zone} filter={filter} />
    </>
  );
}

function FilterForm(props: { pointId: string; filter: Filter; onShow: (filter: Filter) => void }) {
  const { t } = useLingui();
  const [filter, setFilter] = useState(props.filter);
  const journals = api.useQuery("get", "/api/v1/points/{point_id}/journals", {
    params: { path: { point_id: props.pointId } },
  });
  const options = [
    { value: "", label: t`Все журналы` },
    ...(journals.data?.items.map(({ journal, title }) => ({ value: journal, label: title })) ?? []),
  ];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onShow(filter);
  };
  return (
    <>
      <form className={classes.filter} onSubmit={submit}>
        <DateField
          label={t`Начало`}
          value={filter.from}
          max={filter.to}
          onChange={(from) => setFilter({ ...filter, from })}
        />
        <DateField
          label={t`Конец`}
          value={filter.to}
          min={filter.from}
          onChange={(to) => setFilter({ ...filter, to })}
        />
        <NativeSelect
          className={classes.journal}
          label={t`Тип журнала`}
          data={options}
          value={filter.journal}
          onChange={(event) => setFilter({ ...filter, journal: event.currentTarget.value })}
        />
        <Button type="submit" size="sm">
          <Trans>Показать</Trans>
        </Button>
      </form>
      {journals.error ? (
        <p className={classes.note} role="alert">
          <Trans>Список типов журналов не загрузился, показаны все журналы.</Trans>
        </p>
      ) : null}
    </>
  );
}

function Entries({ pointId, zone, filter }: { pointId: string; zone: string; filter: Filter }) {
  const { t } = useLingui();
  const range = {
    start: new Date(dayStartMs(filter.from, zone)).toISOString(),
    end: new Date(dayStartMs(addDays(filter.to, 1), zone)).toISOString(),
  };
  const query = useJournalEntries(pointId, range, filter.journal === "" ? null : filter.journal);
  return (
    <>
      <QueryBlock
        query={query}
        height={240}
        isEmpty={(items) => items.length === 0}
        empty={<Empty title={t`За этот период событий нет`} hint={t`Измените период или тип журнала.`} />}
      >
        {(items) => <EntryTable items={items} zone={zone} />}
      </QueryBlock>
      <MoreButton query={query} />
      {query.asOf === undefined ? null : <DataAsOf at={query.asOf} zone={zone} />}
    </>
  );
}

function EntryTable({ items, zone }: { items: JournalEntry[]; zone: string }) {
  const format = useFormat();
  return (
    <Table className={classes.table} verticalSpacing="sm" striped>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">
            <Trans>Дата/Время</Trans>
          </Table.Th>
          <Table.Th scope="col">
            <Trans>Сообщение</Trans>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map((entry) => {
          const at = entry.opened_at ?? entry.closed_at;
          return (
            <Table.Tr key={entry.id}>
              <Table.Td className={classes.time}>{at === null ? "-" : format.dateTime(at, zone)}</Table.Td>
              <Table.Td>{entry.message}</Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}
