/** The page behind the link of the confirming letter: confirmed, or why not and what to do now. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Stack } from "@mantine/core";
import { publicApi } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import { LINK_UNKNOWN, useLinkParts } from "../../shared/security/link";
import { Refusal } from "../../shared/security/Refusal";
import { useOnce } from "../../shared/security/useOnce";
import { EntrancePage, OtherWay, OtherWays } from "../../shared/ui/EntrancePage";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { Failed, Loading } from "../../shared/ui/states";
import { SendAgain } from "./SendAgain";

export function ConfirmRegistrationPage() {
  const { t } = useLingui();
  const parts = useLinkParts();
  const confirm = publicApi.useMutation("post", "/api/v1/registrations/confirm");
  const token = parts.get("token");
  const registrationId = parts.get("registration");
  const send = () => {
    if (token !== null) confirm.mutate({ body: { token } });
  };
  useOnce(send);
  const error = token === null ? LINK_UNKNOWN : confirm.error;
  const problem = error === null ? null : asProblem(error);
  return (
    <EntrancePage>
      <PageTitle title={t`Подтверждение регистрации`} />
      <Stack gap="md">
        {confirm.data !== undefined ? (
          <Alert color="green" variant="light" role="status">
            <Trans>
              Адрес <b>{confirm.data.email}</b> подтверждён. Войдите с вашим паролем.
            </Trans>
          </Alert>
        ) : problem === null ? (
          <Loading height={96} />
        ) : problem.isTransient ? (
          <Failed error={problem} retry={send} busy={confirm.isPending} />
        ) : (
          <>
            <Refusal error={problem} />
            {problem.code === "link_expired" && registrationId !== null ? (
              <SendAgain registrationId={registrationId} waitSeconds={0} />
            ) : null}
          </>
        )}
        {confirm.data !== undefined || problem?.code === "link_used" || problem?.code === "email_taken" ? (
          <ButtonLink to="/sign-in" fullWidth>
            <Trans>ВОЙТИ</Trans>
          </ButtonLink>
        ) : null}
      </Stack>
      {problem === null || problem.isTransient ? null : (
        <OtherWays>
          <OtherWay question={<Trans>Ещё не зарегистрированы?</Trans>}>
            <ButtonLink to="/registration" variant="default">
              <Trans>РЕГИСТРАЦИЯ</Trans>
            </ButtonLink>
          </OtherWay>
        </OtherWays>
      )}
    </EntrancePage>
  );
}
