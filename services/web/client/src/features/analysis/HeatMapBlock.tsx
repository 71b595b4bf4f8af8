/** Each half hour of the period as a cell, days from top to bottom; the days are a table too. */
import { Trans, useLingui } from "@lingui/react/macro";
import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import type { HeatMap } from "../../shared/api/types";
import charts from "../../shared/charts/chart.module.css";
import { useFormat } from "../../shared/i18n/useFormat";
import sheet from "../../shared/ui/sheet.module.css";
import { AnalysisBlock } from "./AnalysisBlock";
import classes from "./analysis.module.css";
import { ToProfile } from "./FiguresBlock";
import { type Cell, COLUMNS, drawCells, type Row, rowsOf } from "./heat";
import { type Asked, useHeatMap } from "./queries";
import { useAmount } from "./useAmount";

const HALF_HOUR_MS = 1_800_000;
const HOURS_SHOWN = [0, 6, 12, 18];

export function HeatMapBlock(asked: Asked) {
  const query = useHeatMap(asked);
  return (
    <AnalysisBlock query={query} height={480} isEmpty={({ greatest }) => greatest === null}>
      {(answer) => <HeatMapView answer={answer} />}
    </AnalysisBlock>
  );
}

function HeatMapView({ answer }: { answer: HeatMap }) {
  const { t } = useLingui();
  const format = useFormat();
  const amount = useAmount(answer.channel);
  const rows = useMemo(() => rowsOf(answer), [answer]);
  const [active, setActive] = useState<Cell | null>(null);
  const greatest = answer.greatest ?? 0;
  const zone = answer.time_zone;
  const interval = ({ startMs }: Cell) =>
    `${format.time(startMs, zone)}–${format.time(startMs + HALF_HOUR_MS, zone)}`;
  const words = (cell: Cell) => {
    const value =
      cell.state === "pending"
        ? t`ещё не пришло`
        : cell.energyWh === null
          ? t`нет данных`
          : amount.energy(cell.energyWh);
    return `${format.date(cell.startMs, zone)} ${interval(cell)} · ${value}`;
  };
  return (
    <>
      <p className={charts.readout}>
        {active === null ? (
          <Trans>Наведите на клетку или коснитесь её, чтобы увидеть получас.</Trans>
        ) : (
          words(active)
        )}
      </p>
      <div className={classes.map}>
        <div className={classes.hours} aria-hidden="true">
          {HOURS_SHOWN.map((hour) => (
            <span key={hour}>{format.time(hour * 2 * HALF_HOUR_MS, "UTC")}</span>
          ))}
        </div>
        <div className={classes.dates} aria-hidden="true">
          {rows.map(({ day }) => (
            <span key={day}>{Number(day.slice(8))}</span>
          ))}
        </div>
        <Cells
          rows={rows}
          greatest={greatest}
          label={t`Расход по дням и получасам, от нуля до ${amount.energy(greatest)}; по дням — в таблице ниже`}
          onActive={setActive}
        />
      </div>
      <ul className={charts.legend}>
        <li>
          0 <span className={classes.scale} aria-hidden="true" /> {amount.energy(greatest)}
        </li>
        <li>
          <span className={classes.gap} aria-hidden="true" /> <Trans>нет данных</Trans>
        </li>
      </ul>
      <DaysTable rows={rows} interval={interval} channel={answer.channel} />
    </>
  );
}

function Cells(props: {
  rows: Row[];
  greatest: number;
  label: string;
  onActive: (cell: Cell | null) => void;
}) {
  const { rows, greatest, label, onActive } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const target = canvas.current;
    if (target === null) return;
    const draw = () => {
      target.width = Math.round(target.clientWidth * devicePixelRatio);
      target.height = Math.round(target.clientHeight * devicePixelRatio);
      drawCells(target, rows, greatest);
    };
    const observer = new ResizeObserver(draw);
    observer.observe(target);
    return () => observer.disconnect();
  }, [rows, greatest]);
  const point = (event: PointerEvent<HTMLCanvasElement>) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    const row = rows[Math.floor(((event.clientY - top) / height) * rows.length)];
    const column = Math.floor(((event.clientX - left) / width) * COLUMNS);
    onActive(row?.cells.find((cell) => cell.column === column) ?? null);
  };
  return (
    <canvas
      ref={canvas}
      className={classes.cells}
      style={{ aspectRatio: `${COLUMNS} / ${rows.length * 2}` }}
      role="img"
      aria-label={label}
      onPointerMove={point}
      onPointerDown={point}
    />
  );
}

function DaysTable(props: { rows: Row[]; interval: (cell: Cell) => string; channel: HeatMap["channel"] }) {
  const { rows, interval, channel } = props;
  const format = useFormat();
  const amount = useAmount(channel);
  const known = rows.filter(({ cells }) => cells.some(({ state }) => state !== "pending"));
  return (
    <details>
      <summary className={sheet.more}>
        <Trans>Таблица</Trans>
      </summary>
      <table className={sheet.table}>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Сутки</Trans>
            </th>
            <th scope="col" className={sheet.number}>
              {amount.energyUnit}
            </th>
            <th scope="col">
              <Trans>Больше всего</Trans>
            </th>
            <th scope="col" className={sheet.number}>
              <Trans>Нет получасов</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {known.map(({ day, cells }) => {
            const values = cells.filter(({ energyWh }) => energyWh !== null);
            const peak = values.reduce<Cell | null>(
              (most, cell) => ((cell.energyWh ?? 0) > (most?.energyWh ?? -1) ? cell : most),
              null,
            );
            return (
              <tr key={day}>
                <th scope="row">
                  <ToProfile day={day}>{format.day(day)}</ToProfile>
                </th>
                <td className={sheet.number}>
                  {values.length === 0
                    ? "–"
                    : amount.plain(values.reduce((sum, { energyWh }) => sum + (energyWh ?? 0), 0))}
                </td>
                <td>{peak === null ? "–" : `${interval(peak)}, ${amount.plain(peak.energyWh ?? 0)}`}</td>
                <td className={sheet.number}>{cells.filter(({ state }) => state === "gap").length}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </details>
  );
}
