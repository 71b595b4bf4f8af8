/** Other values in the place of questioned half hours; what is left empty stays as it is. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { api } from "../../shared/api/client";
import { usePoint } from "../../shared/api/points";
import type { Edit, EditRequest, PointVerdict, Profile } from "../../shared/api/types";
import { useIdempotencyKey } from "../../shared/api/useIdempotencyKey";
import { Dialog } from "../../shared/dialog/Dialog";
import { useFormat } from "../../shared/i18n/useFormat";
import { QueryBlock } from "../../shared/ui/states";
import classes from "./accounting.module.css";
import { wattHoursOf } from "./amounts";
import { DecisionForm } from "./DecisionForm";
import { GroundsFields, NO_GROUNDS, sentGrounds } from "./GroundsFields";
import { useRefreshDecisions } from "./lists";
import { useVerdictWords } from "./useVerdictWords";

const HALF_HOUR_MS = 1_800_000;
const FIELD = {
  a_plus: "a_plus_wh",
  a_minus: "a_minus_wh",
  r_plus: "r_plus_varh",
  r_minus: "r_minus_varh",
} as const;

interface Props {
  verdict: PointVerdict;
  onDone: (edit: Edit) => void;
  onClose: () => void;
}

export function CorrectDialog(props: Props) {
  const { verdict, onClose } = props;
  const { t } = useLingui();
  const point = usePoint(verdict.point_id);
  return (
    <Dialog title={t`Исправить значения`} onClose={onClose}>
      <QueryBlock query={point} height={240}>
        {({ time_zone: zone }) => <CorrectForm {...props} zone={zone} />}
      </QueryBlock>
    </Dialog>
  );
}

/** The half hours in question as they stand now, in Wh; null where nothing stands. */
function useStanding(verdict: PointVerdict) {
  const starts = verdict.slots.map((start) => Date.parse(start));
  const first = Math.min(...starts);
  const query = {
    start: new Date(first).toISOString(),
    end: new Date(Math.max(...starts) + HALF_HOUR_MS).toISOString(),
    channel: verdict.channel ?? "a_plus",
    annotations: false,
  } as const;
  const profile = api.useQuery("get", "/api/v1/points/{point_id}/profile", {
    params: { path: { point_id: verdict.point_id }, query },
  });
  const at = (answer: Profile, start: string) =>
    answer.values[(Date.parse(start) - Date.parse(answer.start)) / HALF_HOUR_MS] ?? null;
  return { profile, at };
}

function CorrectForm({ verdict, zone, onDone, onClose }: Props & { zone: string }) {
  const { t } = useLingui();
  const format = useFormat();
  const words = useVerdictWords();
  const refresh = useRefreshDecisions();
  const idempotencyKey = useIdempotencyKey();
  const { profile, at } = useStanding(verdict);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [grounds, setGrounds] = useState(NO_GROUNDS);
  const [checked, setChecked] = useState(false);
  const create = api.useMutation("post", "/api/v1/operator/points/{point_id}/edits");
  const channel = verdict.channel ?? "a_plus";
  const unit = channel.startsWith("r_") ? t`квар·ч` : t`кВт·ч`;
  const filled = Object.entries(typed).filter(([, text]) => text.trim() !== "");
  const isWrong = (text: string | undefined) =>
    checked && text !== undefined && text.trim() !== "" && wattHoursOf(text) === null;

  const submit = () => {
    setChecked(true);
    const sent = sentGrounds(grounds);
    const slots = filled.flatMap(([start, text]) => {
      const amount = wattHoursOf(text);
      return amount === null ? [] : [newValue(start, FIELD[channel], amount)];
    });
    if (sent === null || slots.length === 0 || slots.length !== filled.length) return;
    create.mutate(
      {
        params: {
          path: { point_id: verdict.point_id },
          header: { "Idempotency-Key": idempotencyKey.current() },
        },
        body: { ...sent, slots },
      },
      {
        onSuccess: async (edit) => {
          onDone(edit);
          await refresh();
        },
      },
    );
  };
  return (
    <DecisionForm decision={create} label={<Trans>ИСПРАВИТЬ</Trans>} onSubmit={submit} onClose={onClose}>
      <Text>
        {verdict.point_name}, {format.day(verdict.day)}. {words.rule(verdict)}: {words.found(verdict)}.
      </Text>
      <Text size="sm" c="dimmed">
        <Trans>Пустое поле оставляет значение как есть. Время точки учета: {zone}</Trans>
      </Text>
      {checked && filled.length === 0 ? (
        <Text c="red.9" role="alert">
          <Trans>Введите хотя бы одно значение.</Trans>
        </Text>
      ) : null}
      <QueryBlock query={profile} height={160}>
        {(answer) => (
          <div className={classes.values}>
            {verdict.slots.map((start) => {
              const standing = at(answer, start);
              const now = standing === null ? t`нет данных` : `${format.number(standing / 1000, 3)} ${unit}`;
              const end = Date.parse(start) + HALF_HOUR_MS;
              return (
                <TextInput
                  key={start}
                  label={`${format.time(start, zone)}–${format.time(end, zone)}, ${unit}`}
                  description={t`Сейчас ${now}`}
                  inputMode="decimal"
                  error={isWrong(typed[start]) ? t`Число, не больше трёх знаков после запятой` : null}
                  value={typed[start] ?? ""}
                  onChange={({ currentTarget: { value } }) => {
                    idempotencyKey.spent();
                    setTyped((old) => ({ ...old, [start]: value }));
                  }}
                />
              );
            })}
          </div>
        )}
      </QueryBlock>
      <GroundsFields
        value={grounds}
        error={checked && sentGrounds(grounds) === null ? t`Напишите причину` : null}
        onChange={(value) => {
          idempotencyKey.spent();
          setGrounds(value);
        }}
      />
    </DecisionForm>
  );
}

function newValue(
  start: string,
  field: (typeof FIELD)[keyof typeof FIELD],
  amount: number,
): EditRequest["slots"][number] {
  const untouched = { a_plus_wh: null, a_minus_wh: null, r_plus_varh: null, r_minus_varh: null };
  return { start, ...untouched, [field]: amount };
}
