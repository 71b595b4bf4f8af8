/** What to send again, and for which days; all points of the supplier at once. */
import "./operator.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, NativeSelect, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { api } from "../../shared/api/client";
import type { ReplayRequest } from "../../shared/api/types";
import { useIdempotencyKey } from "../../shared/api/useIdempotencyKey";
import { Refusal } from "../../shared/security/Refusal";
import { addDays, localDay, PORTAL_ZONE } from "../../shared/time/zone";
import { DateField } from "../../shared/ui/DateField";
import classes from "./operator.module.css";
import { useOperatorText } from "./useOperatorText";

/** As many as the server sends again at one order. */
const LONGEST_DAYS = 92;

interface Values {
  what: ReplayRequest["what"];
  from: string;
  to: string;
}

export function ReplayForm() {
  const { t } = useLingui();
  const textOf = useOperatorText();
  const queryClient = useQueryClient();
  const idempotencyKey = useIdempotencyKey();
  const create = api.useMutation("post", "/api/v1/operator/replays");
  const today = localDay(Date.now(), PORTAL_ZONE);
  const form = useForm<Values>({
    initialValues: { what: "intervals", from: addDays(today, -1), to: addDays(today, -1) },
    onValuesChange: idempotencyKey.spent,
  });
  const { from, to } = form.values;
  const submit = form.onSubmit(({ what }) =>
    create.mutate(
      {
        params: { header: { "Idempotency-Key": idempotencyKey.current() } },
        body: { what, point_ids: null, start: from, end: addDays(to, 1) },
      },
      {
        onSuccess: async () => {
          idempotencyKey.spent();
          await queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/operator/replays"] });
        },
      },
    ),
  );
  const choose = (change: Partial<Values>) => {
    create.reset();
    form.setValues(change);
  };
  return (
    <form onSubmit={submit} noValidate className={classes.fields}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          <Trans>
            Сообщения придут в потоки поставщика ещё раз, по всем его точкам учета. Повторы узнаются по версии
            и ничего не портят.
          </Trans>
        </Text>
        <Refusal error={create.error} textOf={textOf} />
        {create.isSuccess ? (
          <Alert color="green" variant="light" role="status">
            <Trans>Принято: отправка начнётся сейчас.</Trans>
          </Alert>
        ) : null}
        <NativeSelect
          label={t`Что отправить`}
          data={[
            { value: "intervals", label: t`Получасовые значения` },
            { value: "days", label: t`Сутки` },
          ]}
          size="md"
          value={form.values.what}
          onChange={({ currentTarget: { value } }) => choose({ what: value as Values["what"] })}
        />
        <div className={classes.days}>
          <DateField
            label={t`С какого дня`}
            value={from}
            max={today}
            onChange={(day) => choose({ from: day, to: within(to, day) })}
          />
          <DateField
            label={t`По какой день`}
            value={to}
            min={from}
            max={earlier(today, addDays(from, LONGEST_DAYS - 1))}
            onChange={(day) => choose({ to: day })}
          />
        </div>
        <div>
          <Button type="submit" loading={create.isPending}>
            <Trans>ОТПРАВИТЬ</Trans>
          </Button>
        </div>
      </Stack>
    </form>
  );
}

/** Days are compared as texts, which have their order. */
function earlier(one: string, other: string): string {
  return one < other ? one : other;
}

function within(last: string, first: string): string {
  return last < first ? first : earlier(last, addDays(first, LONGEST_DAYS - 1));
}
