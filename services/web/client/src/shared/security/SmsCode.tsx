/** A code by SMS: sent when asked for, typed below, sent again after a while. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { publicApi } from "../api/client";
import type { Challenge } from "../api/types";
import { CodeForm } from "./CodeForm";
import { Refusal } from "./Refusal";
import { ResendButton } from "./ResendButton";
import { useCountdown } from "./useCountdown";

export function SmsCode(props: { challenge: Challenge; busy: boolean; send: (code: string) => void }) {
  const { challenge, busy, send } = props;
  const { t } = useLingui();
  const [secondsLeft, restart] = useCountdown(0);
  const request = publicApi.useMutation("post", "/api/v1/second-factor/sms");
  const ask = () =>
    request.mutate(
      { body: { challenge_id: challenge.challenge_id } },
      { onSuccess: (sent) => restart(sent.resend_after_seconds) },
    );
  const phone = request.data?.phone_hint ?? challenge.phone_hint ?? "";
  if (request.data === undefined) {
    return (
      <Stack gap="md">
        <Refusal error={request.error} />
        <Text>
          <Trans>Отправим код на номер {phone}.</Trans>
        </Text>
        <Button loading={request.isPending} onClick={ask}>
          <Trans>ОТПРАВИТЬ КОД</Trans>
        </Button>
      </Stack>
    );
  }
  return (
    <Stack gap="md">
      <Refusal error={request.error} />
      <CodeForm label={t`Код из СМС`} hint={t`Отправлен на номер ${phone}`} numeric busy={busy} send={send} />
      <ResendButton secondsLeft={secondsLeft} busy={request.isPending} onClick={ask} />
    </Stack>
  );
}
