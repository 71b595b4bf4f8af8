/** Where the confirming letter went, and the way to have it sent again. Lives through a reload of the page. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Stack, Text } from "@mantine/core";
import { Navigate, useRouterState } from "@tanstack/react-router";
import type { Registration } from "../../shared/api/types";
import { EntrancePage, OtherWay, OtherWays } from "../../shared/ui/EntrancePage";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { SendAgain } from "./SendAgain";

declare module "@tanstack/react-router" {
  interface HistoryState {
    registration?: Registration;
  }
}

export function RegistrationSentPage() {
  const { t } = useLingui();
  const registration = useRouterState({ select: ({ location }) => location.state.registration });
  if (registration === undefined) return <Navigate to="/registration" replace />;
  return (
    <EntrancePage>
      <PageTitle title={t`Подтвердите E-mail`} />
      <Stack gap="md">
        <Alert color="green" variant="light">
          <Trans>
            Письмо со ссылкой отправлено на <b>{registration.email}</b>.
          </Trans>
        </Alert>
        <Text>
          <Trans>
            Для подтверждения регистрации перейдите по ссылке из письма, в нём сказано, сколько она действует.
            Если письма нет, проверьте папку «Спам».
          </Trans>
        </Text>
        <SendAgain
          registrationId={registration.registration_id}
          waitSeconds={registration.resend_after_seconds}
        />
      </Stack>
      <OtherWays>
        <OtherWay question={<Trans>Ошиблись адресом?</Trans>}>
          <ButtonLink to="/registration" variant="default">
            <Trans>РЕГИСТРАЦИЯ</Trans>
          </ButtonLink>
        </OtherWay>
      </OtherWays>
    </EntrancePage>
  );
}
