/** The second factor of a sign-in or of a proof: one of the user's ways at a time, the others offered below. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "../api/problem";
import type { Challenge, FactorAnswer, FactorKind } from "../api/types";
import { CodeForm } from "./CodeForm";
import { askPasskey, passkeysWork } from "./passkeys";
import { Refusal } from "./Refusal";
import { SmsCode } from "./SmsCode";

const ORDER: FactorKind[] = ["passkey", "totp", "sms", "recovery_code"];
const OVER = ["challenge_over", "challenge_unknown"];

export function SecondFactor(props: {
  challenge: Challenge;
  answer: (answer: FactorAnswer) => Promise<unknown>;
  /** Back to the password, when the challenge is over or the user gives up. */
  restart: () => void;
}) {
  const { challenge, answer, restart } = props;
  const { t } = useLingui();
  const offered = ORDER.filter(
    (kind) => challenge.factors.includes(kind) && (kind !== "passkey" || passkeysWork()),
  );
  const [kind, setKind] = useState<FactorKind | undefined>(offered[0]);
  const prove = useMutation({
    mutationFn: (proof: Pick<FactorAnswer, "kind" | "code" | "credential">) =>
      answer({ challenge_id: challenge.challenge_id, ...proof }),
  });
  const usePasskey = useMutation({
    mutationFn: async () => {
      const credential = await askPasskey(challenge.passkey_options ?? {});
      await prove.mutateAsync({ kind: "passkey", code: null, credential });
    },
  });
  const names: Record<FactorKind, string> = {
    passkey: t`Ключ доступа`,
    totp: t`Код из приложения`,
    sms: t`Код из СМС`,
    recovery_code: t`Резервный код`,
  };
  const send = (code: string) => kind !== undefined && prove.mutate({ kind, code, credential: null });
  const choose = (other: FactorKind) => {
    prove.reset();
    usePasskey.reset();
    setKind(other);
  };

  if (OVER.includes(asProblem(prove.error).code)) {
    return (
      <Stack gap="md">
        <Refusal error={prove.error} />
        <Button onClick={restart}>
          <Trans>Начать сначала</Trans>
        </Button>
      </Stack>
    );
  }
  return (
    <Stack gap="md">
      <Refusal error={kind === "passkey" ? usePasskey.error : prove.error} />
      {kind === undefined ? (
        <Text>
          <Trans>Этот браузер не умеет подтверждать вход ключом доступа. Войдите с другого устройства.</Trans>
        </Text>
      ) : kind === "passkey" ? (
        <Button loading={usePasskey.isPending} onClick={() => usePasskey.mutate()}>
          <Trans>ПОДТВЕРДИТЬ КЛЮЧОМ ДОСТУПА</Trans>
        </Button>
      ) : kind === "sms" ? (
        <SmsCode challenge={challenge} busy={prove.isPending} send={send} />
      ) : (
        <CodeForm
          key={kind}
          label={names[kind]}
          hint={
            kind === "totp"
              ? t`Шесть цифр, которые сейчас показывает приложение`
              : t`Один из кодов, сохранённых при подключении; каждый действует один раз`
          }
          numeric={kind === "totp"}
          busy={prove.isPending}
          send={send}
        />
      )}
      <Stack gap="xs" align="flex-start">
        {offered
          .filter((other) => other !== kind)
          .map((other) => (
            <Button key={other} variant="subtle" size="compact-md" onClick={() => choose(other)}>
              {names[other]}
            </Button>
          ))}
        <Button variant="subtle" color="gray" size="compact-md" onClick={restart}>
          <Trans>ОТМЕНА</Trans>
        </Button>
      </Stack>
    </Stack>
  );
}
