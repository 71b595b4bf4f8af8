/** How any block of a page looks while it loads, when it failed, when it is empty, and when an update failed. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Loader, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";
import { asProblem } from "../api/problem";
import classes from "./states.module.css";
import { useProblemText } from "./useProblemText";

const SLOW_MS = 10_000;

interface Query<Data> {
  data: Data | undefined;
  error: unknown;
  isFetching: boolean;
  refetch: () => unknown;
  isPreparing?: boolean;
}

/** Draws `children` with the data; old data stays on the page while an update runs or after it failed. */
export function QueryBlock<Data>(props: {
  query: Query<Data>;
  height: number;
  empty?: ReactNode;
  isEmpty?: (data: Data) => boolean;
  children: (data: Data) => ReactNode;
}) {
  const { query, height, empty, isEmpty, children } = props;
  if (query.data === undefined) {
    if (query.isPreparing) return <Preparing height={height} />;
    return query.error !== null && query.error !== undefined ? (
      <Failed error={query.error} retry={query.refetch} busy={query.isFetching} />
    ) : (
      <Loading height={height} />
    );
  }
  return (
    <>
      {query.error ? <StaleNote retry={query.refetch} busy={query.isFetching} /> : null}
      {isEmpty?.(query.data) ? empty : children(query.data)}
    </>
  );
}

export function Loading({ height }: { height: number }) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-busy="true" className={classes.loading}>
      <Skeleton height={height} radius="md" />
      <span className={slow ? classes.slow : classes.hidden}>
        {slow ? <Trans>Всё ещё загружаем…</Trans> : <Trans>Загрузка…</Trans>}
      </span>
    </div>
  );
}

function Preparing({ height }: { height: number }) {
  return (
    <Group role="status" aria-busy="true" gap="sm" mih={height} align="center">
      <Loader size="sm" aria-hidden />
      <Text size="sm" c="dimmed">
        <Trans>Данные готовятся</Trans>
      </Text>
    </Group>
  );
}

export function Failed({ error, retry, busy }: { error: unknown; retry: () => unknown; busy: boolean }) {
  const problemText = useProblemText();
  const { requestId, isTransient } = asProblem(error);
  return (
    <Stack gap="xs" align="flex-start" role="alert">
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <IconAlertTriangle size={20} className={classes.warning} aria-hidden />
        <Text size="sm">{problemText(error)}</Text>
      </Group>
      {requestId === null ? null : (
        <Text size="xs" c="dimmed">
          <Trans>Номер запроса: {requestId}</Trans>
        </Text>
      )}
      {isTransient ? (
        <Button
          variant="light"
          size="xs"
          loading={busy}
          leftSection={<IconRefresh size={16} aria-hidden />}
          onClick={() => void retry()}
        >
          <Trans>Повторить</Trans>
        </Button>
      ) : null}
    </Stack>
  );
}

function StaleNote({ retry, busy }: { retry: () => unknown; busy: boolean }) {
  return (
    <Group gap="xs" mb="xs" role="alert">
      <Text size="xs" className={classes.warning}>
        <Trans>Обновить не удалось, показаны прежние данные.</Trans>
      </Text>
      <Button variant="subtle" size="compact-xs" loading={busy} onClick={() => void retry()}>
        <Trans>Повторить</Trans>
      </Button>
    </Group>
  );
}

export function Empty({
  title,
  hint,
  children,
}: {
  title: ReactNode;
  hint?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <Stack gap={6} align="flex-start" className={classes.empty}>
      <Text fw={500}>{title}</Text>
      {hint === undefined ? null : (
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
      )}
      {children}
    </Stack>
  );
}

export function MoreButton(props: {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = props.query;
  const { t } = useLingui();
  if (!hasNextPage) return null;
  return (
    <Button mt="md" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
      {t`Показать ещё`}
    </Button>
  );
}
