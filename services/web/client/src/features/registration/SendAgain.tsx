/** Has the confirming letter sent again, with a new link; says where it went. */
import { Trans } from "@lingui/react/macro";
import { Alert } from "@mantine/core";
import { publicApi } from "../../shared/api/client";
import { Refusal } from "../../shared/security/Refusal";
import { ResendButton } from "../../shared/security/ResendButton";
import { useCountdown } from "../../shared/security/useCountdown";

export function SendAgain({ registrationId, waitSeconds }: { registrationId: string; waitSeconds: number }) {
  const [secondsLeft, restart] = useCountdown(waitSeconds);
  const send = publicApi.useMutation("post", "/api/v1/registrations/{registration_id}/letters");
  const again = () =>
    send.mutate(
      { params: { path: { registration_id: registrationId } } },
      { onSuccess: (sent) => restart(sent.resend_after_seconds) },
    );
  return (
    <>
      <Refusal error={send.error} />
      {send.data === undefined ? null : (
        <Alert color="green" variant="light" role="status">
          <Trans>Новое письмо отправлено на {send.data.email}.</Trans>
        </Alert>
      )}
      <ResendButton secondsLeft={secondsLeft} busy={send.isPending} onClick={again} />
    </>
  );
}
