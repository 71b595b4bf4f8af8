/** The page behind the link that a new e-mail address received: opening it confirms nothing, its button does. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Stack, Text } from "@mantine/core";
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
  const check = publicApi.useMutation("post", "/api/v1/email-changes/check");
  const confirm = publicApi.useMutation("post", "/api/v1/email-changes/confirm");
  const look = () => {
    if (token !== null) check.mutate({ body: { token } });
  };
  useOnce(look);
  const error = token === null ? LINK_UNKNOWN : (deadly(confirm.error) ?? check.error);
  const offered = check.data?.email_hint;
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
        ) : error !== null ? (
          asProblem(error).isTransient ? (
            <Failed error={error} retry={look} busy={check.isPending} />
          ) : (
            <Dead error={error} />
          )
        ) : offered === undefined || token === null ? (
          <Loading height={120} />
        ) : (
          <>
            <Text>
              <Trans>
                Входить в кабинет будут по адресу <b>{offered}</b>. Если это не ваш кабинет или вы об этом не
                просили, закройте страницу: ничего не изменится.
              </Trans>
            </Text>
            <Refusal error={confirm.error} />
            <Button
              fullWidth
              loading={confirm.isPending}
              onClick={() => confirm.mutate({ body: { token } }, { onSuccess: refresh })}
            >
              <Trans>ПОДТВЕРДИТЬ</Trans>
            </Button>
          </>
        )}
        <ButtonLink to="/profile" variant={confirm.data === undefined ? "default" : "filled"} fullWidth>
          <Trans>В ПРОФИЛЬ</Trans>
        </ButtonLink>
      </Stack>
    </EntrancePage>
  );
}

/** What pressing the button again would not mend. */
function deadly(error: unknown): unknown {
  return error === null || asProblem(error).isTransient ? null : error;
}

function Dead({ error }: { error: unknown }) {
  return (
    <>
      <Refusal error={error} />
      {asProblem(error).code === "email_taken" ? null : (
        <Text>
          <Trans>Новую ссылку можно запросить в профиле.</Trans>
        </Text>
      )}
    </>
  );
}
