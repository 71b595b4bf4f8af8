/** Every version of one half hour, the one that counts first: where it came from, why, and when it became known. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Badge } from "@mantine/core";
import { api } from "../api/client";
import type { IntervalVersion } from "../api/types";
import { Dialog } from "../dialog/Dialog";
import { useFormat } from "../i18n/useFormat";
import rows from "../ui/rows.module.css";
import { Empty, QueryBlock } from "../ui/states";
import classes from "./HistoryDialog.module.css";
import { useHistoryWords } from "./useHistoryWords";

export function HistoryDialog(props: {
  pointId: string;
  startMs: number;
  title: string;
  zone: string;
  onClose: () => void;
}) {
  const { pointId, startMs, title, zone, onClose } = props;
  const { t } = useLingui();
  const format = useFormat();
  const params = { path: { point_id: pointId }, query: { start: new Date(startMs).toISOString() } };
  const query = api.useQuery("get", "/api/v1/points/{point_id}/intervals/history", { params });
  const day = format.date(startMs, zone);
  return (
    <Dialog title={t`История значения: ${day} ${title}`} onClose={onClose}>
      <QueryBlock
        query={query}
        height={160}
        isEmpty={({ items }) => items.length === 0}
        empty={<Empty title={t`За этот интервал ничего не сохранено`} />}
      >
        {({ items }) => (
          <ol className={rows.list}>
            {items.map((version, index) => (
              <Version key={version.version} version={version} zone={zone} counts={index === 0} />
            ))}
          </ol>
        )}
      </QueryBlock>
    </Dialog>
  );
}

function Version(props: { version: IntervalVersion; zone: string; counts: boolean }) {
  const { version, zone, counts } = props;
  const format = useFormat();
  const words = useHistoryWords();
  const { reason, document, back_test: backTest, read_at: readAt } = version;
  const error = backTest?.mape_percent ?? null;
  return (
    <li className={classes.version}>
      <div className={rows.name}>
        {words.energy(version)}
        <Badge color={counts ? "green" : "gray"} variant="light">
          {counts ? <Trans>ДЕЙСТВУЕТ</Trans> : <Trans>ПРЕЖНЕЕ</Trans>}
        </Badge>
      </div>
      <div>
        {words.quality(version.quality)} ({version.quality}) · {words.source(version)}
      </div>
      {reason === null ? null : (
        <div>
          <Trans>Причина: {reason}</Trans>
        </div>
      )}
      {document === null ? null : (
        <div>
          <Trans>Документ: {document}</Trans>
        </div>
      )}
      {backTest === null || error === null ? null : (
        <div>
          <Trans>
            Проверка способа на этой точке: ошибка получаса {format.number(error, 1)} %, дней {backTest.days}
          </Trans>
        </div>
      )}
      <div className={rows.dim}>
        {readAt === null ? null : (
          <>
            <Trans>Прочитано с прибора {format.dateTime(readAt, zone)}</Trans>
            {" · "}
          </>
        )}
        <Trans>Стало известно {format.dateTime(version.known_at, zone)}</Trans>
      </div>
    </li>
  );
}
