/** When supply will be off, for whom and why; the server says first how many points and contracts that concerns. */
import "./operator.css";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, NativeSelect, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { api } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import type { OutageOutcome, OutageRequest } from "../../shared/api/types";
import { useIdempotencyKey } from "../../shared/api/useIdempotencyKey";
import { useFormat } from "../../shared/i18n/useFormat";
import { Refusal } from "../../shared/security/Refusal";
import { useFieldRules } from "../../shared/security/useFieldRules";
import { addDays, type Day, localDay, PORTAL_ZONE } from "../../shared/time/zone";
import { DateField } from "../../shared/ui/DateField";
import classes from "./operator.module.css";
import { useRefreshOutages } from "./queries";
import { useOperatorText } from "./useOperatorText";

interface Values {
  whose: "contract" | "address" | "points";
  named: string;
  fromDay: Day;
  fromTime: string;
  toDay: Day;
  toTime: string;
  reason: string;
}

export function OutageForm() {
  const { t } = useLingui();
  const textOf = useOperatorText();
  const rules = useFieldRules(textOf);
  const refresh = useRefreshOutages();
  // The same outage under the same id, however often it is sent.
  const id = useIdempotencyKey();
  const announce = api.useMutation("put", "/api/v1/operator/planned-outages/{outage_id}");
  const tomorrow = addDays(localDay(Date.now(), PORTAL_ZONE), 1);
  const form = useForm<Values>({
    initialValues: {
      whose: "address",
      named: "",
      fromDay: tomorrow,
      fromTime: "09:00",
      toDay: tomorrow,
      toTime: "17:00",
      reason: "",
    },
    validate: {
      named: rules.required,
      reason: rules.required,
      fromTime: rules.required,
      toTime: rules.required,
    },
    onValuesChange: announce.reset,
  });
  const outcome = announce.data;
  const send = (dryRun: boolean) =>
    form.onSubmit(
      (values) =>
        announce.mutate(
          {
            params: { path: { outage_id: id.current() }, query: { dry_run: dryRun } },
            body: requestOf(values),
          },
          {
            onSuccess: async () => {
              if (dryRun) return;
              id.spent();
              await refresh();
            },
            onError: (error) => {
              if (asProblem(error).code === "outage_cancelled") id.spent();
            },
          },
        ),
      (errors) => form.getInputNode(Object.keys(errors)[0] ?? "named")?.focus(),
    )();
  const labels: Record<Values["whose"], string> = {
    address: t`Адрес или его начало`,
    contract: t`Номер договора`,
    points: t`Номера точек учета через запятую`,
  };
  const isTried = outcome?.dry_run === true;
  return (
    <form
      noValidate
      className={classes.fields}
      onSubmit={(event) => {
        event.preventDefault();
        send(!isTried);
      }}
    >
      <Stack gap="md">
        {asProblem(announce.error).fields.length > 0 ? null : (
          <Refusal error={announce.error} textOf={textOf} />
        )}
        <NativeSelect
          {...form.getInputProps("whose")}
          label={t`Кого касается`}
          size="md"
          data={[
            { value: "address", label: t`Точек учета по адресу` },
            { value: "contract", label: t`Всех точек договора` },
            { value: "points", label: t`Точек учета по номерам` },
          ]}
        />
        <TextInput
          {...form.getInputProps("named")}
          label={labels[form.values.whose]}
          {...(form.values.whose === "address" ? { description: t`Улица или дом, как в адресах точек` } : {})}
          autoComplete="off"
          size="md"
          maxLength={form.values.whose === "points" ? 2000 : 200}
          required
        />
        <div className={classes.days}>
          <DateField
            label={t`С какого дня`}
            value={form.values.fromDay}
            onChange={(day) =>
              form.setValues({ fromDay: day, toDay: form.values.toDay < day ? day : form.values.toDay })
            }
          />
          <TextInput {...form.getInputProps("fromTime")} type="time" label={t`Со скольки`} required />
          <DateField
            label={t`По какой день`}
            value={form.values.toDay}
            min={form.values.fromDay}
            onChange={(day) => form.setValues({ toDay: day })}
          />
          <TextInput {...form.getInputProps("toTime")} type="time" label={t`До скольки`} required />
        </div>
        <Textarea
          {...form.getInputProps("reason")}
          label={t`Причина`}
          description={t`Её увидят потребители`}
          size="md"
          maxLength={1000}
          required
        />
        {outcome === undefined ? null : <Outcome outcome={outcome} />}
        <Group gap="sm">
          {isTried ? (
            <Button type="submit" loading={announce.isPending}>
              <Trans>ОБЪЯВИТЬ</Trans>
            </Button>
          ) : (
            <Button type="submit" loading={announce.isPending}>
              <Trans>ПРОВЕРИТЬ</Trans>
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function Outcome({ outcome }: { outcome: OutageOutcome }) {
  const { t } = useLingui();
  const format = useFormat();
  const { points, contracts, outage, dry_run: isTrial } = outcome;
  const zone = outage.time_zone ?? PORTAL_ZONE;
  return (
    <Alert
      color="green"
      variant="light"
      role="status"
      title={isTrial ? t`Пока ничего не объявлено` : t`Объявлено`}
    >
      <Plural
        value={points}
        one="Касается # точки учета"
        few="Касается # точек учета"
        many="Касается # точек учета"
        other="Касается # точки учета"
      />
      {", "}
      <Plural value={contracts} one="# договора" few="# договоров" many="# договоров" other="# договора" />
      {": "}
      <Trans>
        с {format.dateTime(outage.starts_at, zone)} до {format.dateTime(outage.ends_at, zone)}, время {zone}
      </Trans>
    </Alert>
  );
}

function requestOf({ whose, named, reason, ...times }: Values): OutageRequest {
  return {
    contract_number: whose === "contract" ? named.trim() : null,
    address: whose === "address" ? named.trim() : null,
    point_numbers:
      whose === "points"
        ? named
            .split(",")
            .map((one) => one.trim())
            .filter((one) => one !== "")
        : [],
    starts_local: `${times.fromDay}T${times.fromTime}`,
    ends_local: `${times.toDay}T${times.toTime}`,
    reason: reason.trim().replace(/\s+/g, " "),
  };
}
