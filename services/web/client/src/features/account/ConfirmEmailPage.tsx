/** The page behind the link that a new e-mail address received. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Stack, Text } from "@mantine/core";
import { publicApi } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import { LINK_UNKNOWN, useLinkParts } from "../../shared/security/link";
import { Refusal } from "../../shared/security/Refusal";
import { useOnce } from "../../shared/security/useOnce";
import { EntrancePage } from "../../shared/ui/EntrancePage";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { Failed, Loading } from "../../shared/ui/states";
import { useRefreshAccount } from "./queries";

export function ConfirmEmailPage() {
  const { t } = useLingui();
  const token = useLinkParts().get("token");
  const refresh = useRefreshAccount();
  const confirm = publicApi.useMutation("post", "/api/v1/email-changes/confirm");
  const send = () => {
    if (token !== null) confirm.mutate({ body: { token } }, { onSuccess: refresh });
  };
  useOnce(send);
  const error = token === null ? LINK_UNKNOWN : confirm.error;
  return (
    <EntrancePage>
      <PageTitle title={t`Новый E-mail`} />
      <Stack gap="md">
        {confirm.data !== undefined ? (
          <Alert color="green" variant="light" role="status">
            <Trans>
              Теперь вход по адресу <b>{confirm.data.email}</b>.
            </Trans>
          </Alert>
        ) : error === null ? (
          <Loading height={96} />
        ) : asProblem(error).isTransient ? (
          <Failed error={error} retry={send} busy={confirm.isPending} />
        ) : (
          <>
            <Refusal error={error} />
            {asProblem(error).code === "email_taken" ? null : (
              <Text>
                <Trans>Новую ссылку можно запросить в профиле.</Trans>
              </Text>
            )}
          </>
        )}
        <ButtonLink to="/profile" variant={confirm.data === undefined ? "default" : "filled"} fullWidth>
          <Trans>В ПРОФИЛЬ</Trans>
        </ButtonLink>
      </Stack>
    </EntrancePage>
  );
}
