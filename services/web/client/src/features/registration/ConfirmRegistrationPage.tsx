/** The page behind the link of the confirming letter: the link is looked at first, then the chosen password is asked for. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Stack } from "@mantine/core";
import { publicApi } from "../../shared/api/client";
import { asProblem, type ProblemError } from "../../shared/api/problem";
import { LINK_UNKNOWN, useLinkParts } from "../../shared/security/link";
import { Refusal } from "../../shared/security/Refusal";
import { useOnce } from "../../shared/security/useOnce";
import { EntrancePage, OtherWay, OtherWays } from "../../shared/ui/EntrancePage";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { Failed, Loading } from "../../shared/ui/states";
import { ConfirmPasswordForm } from "./ConfirmPasswordForm";
import { SendAgain } from "./SendAgain";

const CAN_SIGN_IN = ["link_used", "already_confirmed", "email_taken"];
const LINK_CODES = [...CAN_SIGN_IN, "link_expired", "link_unknown"];

export function ConfirmRegistrationPage() {
  const { t } = useLingui();
  const parts = useLinkParts();
  const check = publicApi.useMutation("post", "/api/v1/registrations/check");
  const confirm = publicApi.useMutation("post", "/api/v1/registrations/confirm");
  const token = parts.get("token");
  const look = () => {
    if (token !== null) check.mutate({ body: { token } });
  };
  useOnce(look);
  const refused = [confirm.error, check.error].map(linkFault).find((fault) => fault !== null);
  const dead = token === null ? LINK_UNKNOWN : refused;
  return (
    <EntrancePage>
      <PageTitle title={t`Подтверждение регистрации`} />
      <Stack gap="md">
        {confirm.data !== undefined ? (
          <Confirmed email={confirm.data.email} />
        ) : token === null || dead !== undefined ? (
          <Dead fault={dead ?? LINK_UNKNOWN} registrationId={parts.get("registration")} />
        ) : check.isSuccess ? (
          <ConfirmPasswordForm
            busy={confirm.isPending}
            error={confirm.error}
            send={(password, onError) => confirm.mutate({ body: { token, password } }, { onError })}
          />
        ) : check.error === null ? (
          <Loading height={96} />
        ) : (
          <Failed error={check.error} retry={look} busy={check.isPending} />
        )}
      </Stack>
      {confirm.data !== undefined || (dead === undefined && !check.isSuccess) ? null : (
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

function linkFault(error: unknown): ProblemError | null {
  const problem = asProblem(error);
  return LINK_CODES.includes(problem.code) ? problem : null;
}

function Confirmed({ email }: { email: string }) {
  return (
    <>
      <Alert color="green" variant="light" role="status">
        <Trans>
          Адрес <b>{email}</b> подтверждён. Войдите с вашим паролем.
        </Trans>
      </Alert>
      <SignIn />
    </>
  );
}

function Dead({ fault, registrationId }: { fault: ProblemError; registrationId: string | null }) {
  return (
    <>
      <Refusal error={fault} />
      {fault.code === "link_expired" && registrationId !== null ? (
        <SendAgain registrationId={registrationId} waitSeconds={0} />
      ) : null}
      {CAN_SIGN_IN.includes(fault.code) ? <SignIn /> : null}
    </>
  );
}

function SignIn() {
  return (
    <ButtonLink to="/sign-in" fullWidth>
      <Trans>ВОЙТИ</Trans>
    </ButtonLink>
  );
}
