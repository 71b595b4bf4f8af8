/** Setting up a factor: the QR code or the SMS or the passkey, then the proof that it works. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { api, dataOf, fetchClient } from "../../shared/api/client";
import type { Enrolment } from "../../shared/api/types";
import { Dialog } from "../../shared/dialog/Dialog";
import { CodeForm } from "../../shared/security/CodeForm";
import { makePasskey } from "../../shared/security/passkeys";
import { Refusal } from "../../shared/security/Refusal";
import classes from "./account.module.css";

interface Props {
  enrolment: Enrolment;
  /** With the recovery codes, if this was the first factor. */
  onDone: (recoveryCodes: string[] | null) => void;
  onClose: () => void;
}

export function EnrolmentDialog({ enrolment, onDone, onClose }: Props) {
  const { t } = useLingui();
  const titles = {
    totp: t`Приложение с кодами`,
    sms: t`Код по СМС`,
    passkey: t`Ключ доступа`,
  };
  return (
    <Dialog title={titles[enrolment.kind]} onClose={onClose}>
      {enrolment.kind === "passkey" ? (
        <PasskeyStep enrolment={enrolment} onDone={onDone} />
      ) : (
        <CodeStep enrolment={enrolment} onDone={onDone} />
      )}
    </Dialog>
  );
}

function CodeStep({ enrolment, onDone }: Omit<Props, "onClose">) {
  const { t } = useLingui();
  const confirm = api.useMutation("post", "/api/v1/me/factors/confirm");
  const send = (code: string) =>
    confirm.mutate(
      { body: { enrolment_id: enrolment.enrolment_id, code, credential: null } },
      { onSuccess: ({ recovery_codes }) => onDone(recovery_codes) },
    );
  const phone = enrolment.sms?.phone_hint ?? "";
  return (
    <Stack gap="md">
      {enrolment.totp === null ? null : <TotpSecret totp={enrolment.totp} />}
      <Refusal error={confirm.error} />
      <CodeForm
        label={enrolment.totp === null ? t`Код из СМС` : t`Код из приложения`}
        hint={
          enrolment.totp === null
            ? t`Отправлен на номер ${phone}`
            : t`Шесть цифр, которые сейчас показывает приложение`
        }
        numeric
        busy={confirm.isPending}
        send={send}
      />
    </Stack>
  );
}

function TotpSecret({ totp }: { totp: NonNullable<Enrolment["totp"]> }) {
  const { t } = useLingui();
  return (
    <>
      <Text size="sm">
        <Trans>
          Отсканируйте код приложением для двухфакторной аутентификации (например, Яндекс Ключ, Google
          Authenticator) или <Anchor href={totp.uri}>откройте его на этом устройстве</Anchor>.
        </Trans>
      </Text>
      <img className={classes.qr} src={imageOf(totp.qr_svg)} alt={t`QR-код для приложения`} />
      <Text size="sm">
        <Trans>Не сканируется? Введите ключ вручную:</Trans>
      </Text>
      <div className={classes.secret} data-testid="totp-secret">
        {totp.secret.match(/.{1,4}/g)?.join(" ")}
      </div>
    </>
  );
}

function PasskeyStep({ enrolment, onDone }: Omit<Props, "onClose">) {
  const make = useMutation({
    mutationFn: async () => {
      const credential = await makePasskey(enrolment.passkey?.options ?? {});
      const body = { enrolment_id: enrolment.enrolment_id, code: null, credential };
      return fetchClient.POST("/api/v1/me/factors/confirm", { body }).then(dataOf);
    },
    onSuccess: ({ recovery_codes }) => onDone(recovery_codes),
  });
  return (
    <Stack gap="md">
      <Text size="sm">
        <Trans>
          Устройство попросит отпечаток, лицо или код разблокировки. Ключ останется в его хранилище паролей.
        </Trans>
      </Text>
      <Refusal error={make.error} />
      <Button loading={make.isPending} onClick={() => make.mutate()} data-autofocus>
        <Trans>СОЗДАТЬ КЛЮЧ ДОСТУПА</Trans>
      </Button>
    </Stack>
  );
}

/** As an image, not as a part of the page. The API's SVG is made for a page and lacks the name space of a file. */
function imageOf(svg: string): string {
  const file = svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
  return `data:image/svg+xml,${encodeURIComponent(file)}`;
}
