/** The page behind the link of the recovery letter: the link is looked at first, then the new password is typed twice. */
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
import { NewPasswordForm } from "./NewPasswordForm";

const LINK_CODES = ["link_used", "link_expired", "link_unknown"];

export function NewPasswordPage() {
  const { t } = useLingui();
  const token = useLinkParts().get("token");
  const check = publicApi.useMutation("post", "/api/v1/recoveries/check");
  const complete = publicApi.useMutation("post", "/api/v1/recoveries/complete");
  const look = () => {
    if (token !== null) check.mutate({ body: { token } });
  };
  useOnce(look);
  const refused = [complete.error, check.error].map(linkFault).find((fault) => fault !== null);
  const dead = token === null ? LINK_UNKNOWN : refused;
  return (
    <EntrancePage>
      <PageTitle title={t`Новый пароль`} />
      <Stack gap="md">
        {complete.data !== undefined ? (
          <Changed email={complete.data.email} />
        ) : token === null || dead !== undefined ? (
          <Refusal error={dead} />
        ) : check.isSuccess ? (
          <NewPasswordForm
            busy={complete.isPending}
            error={complete.error}
            send={(password, onError) => complete.mutate({ body: { token, password } }, { onError })}
          />
        ) : check.error === null ? (
          <Loading height={220} />
        ) : (
          <Failed error={check.error} retry={look} busy={check.isPending} />
        )}
      </Stack>
      {dead === undefined ? null : (
        <OtherWays>
          <OtherWay question={<Trans>Нужна новая ссылка?</Trans>}>
            <ButtonLink to="/recovery" variant="default">
              <Trans>ВОССТАНОВИТЬ ДОСТУП</Trans>
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

function Changed({ email }: { email: string }) {
  return (
    <>
      <Alert color="green" variant="light" role="status">
        <Trans>
          Пароль для <b>{email}</b> изменён, все сеансы завершены. Войдите с новым паролем.
        </Trans>
      </Alert>
      <ButtonLink to="/sign-in" fullWidth>
        <Trans>ВОЙТИ</Trans>
      </ButtonLink>
    </>
  );
}
