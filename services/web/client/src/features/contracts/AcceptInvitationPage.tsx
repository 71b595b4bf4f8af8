/**
 * The page behind the link of an invitation. Who is not signed in goes to sign in or to register first; meanwhile the
 * link's one-time token waits in this tab's storage, since no address but the link itself may carry it.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../../shared/api/client";
import { noteLinked } from "../../shared/api/freshLinks";
import { asProblem } from "../../shared/api/problem";
import { mustAddFactor } from "../../shared/api/roles";
import { sessionState, sessionUser } from "../../shared/api/session";
import { LINK_UNKNOWN, useLinkParts } from "../../shared/security/link";
import { Refusal } from "../../shared/security/Refusal";
import { EntrancePage, OtherWay, OtherWays } from "../../shared/ui/EntrancePage";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";

const WAITING = "halfhour.invitation";
const HERE = "/accept-invitation";

export function AcceptInvitationPage() {
  const { t } = useLingui();
  const parts = useLinkParts();
  const [token] = useState(() => parts.get("token") ?? sessionStorage.getItem(WAITING));
  const signedIn = sessionState().status === "signed_in";
  const barred = mustAddFactor(sessionUser());
  const wait = () => {
    if (token !== null) sessionStorage.setItem(WAITING, token);
  };
  return (
    <EntrancePage>
      <PageTitle title={t`Приглашение к договору`} />
      {token === null ? (
        <Refusal error={LINK_UNKNOWN} />
      ) : signedIn && !barred ? (
        <AcceptForm token={token} />
      ) : (
        <>
          <Text>
            <Trans>Вам открыли просмотр договора. Войдите в кабинет, чтобы принять приглашение.</Trans>
          </Text>
          <ButtonLink
            to={signedIn ? "/add-factor" : "/sign-in"}
            search={{ next: HERE }}
            onClick={wait}
            fullWidth
            mt="md"
          >
            <Trans>ВОЙТИ</Trans>
          </ButtonLink>
          <OtherWays>
            <OtherWay
              question={
                <Trans>Ещё не зарегистрированы? После подтверждения откройте это письмо снова.</Trans>
              }
            >
              <ButtonLink to="/registration" variant="default">
                <Trans>РЕГИСТРАЦИЯ</Trans>
              </ButtonLink>
            </OtherWay>
          </OtherWays>
        </>
      )}
    </EntrancePage>
  );
}

function AcceptForm({ token }: { token: string }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const accept = api.useMutation("post", "/api/v1/invitations/accept");
  const form = useForm({ initialValues: { name: "" } });
  const submit = form.onSubmit(({ name }) =>
    accept.mutate(
      { body: { token, name: name.trim() === "" ? null : name.trim() } },
      {
        onSuccess: async ({ id }) => {
          sessionStorage.removeItem(WAITING);
          noteLinked(id);
          await queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/contracts"] });
          await navigate({ to: "/contracts/$contractId", params: { contractId: id }, replace: true });
        },
      },
    ),
  );
  const dead = accept.error !== null && !asProblem(accept.error).isTransient;
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Refusal error={accept.error} />
        <TextInput
          {...form.getInputProps("name")}
          label={t`Название`}
          description={t`Так договор будет называться в вашем списке; можно не заполнять`}
          maxLength={100}
          size="md"
        />
        {dead ? (
          <ButtonLink to="/" variant="default">
            <Trans>На главную</Trans>
          </ButtonLink>
        ) : (
          <Button type="submit" loading={accept.isPending}>
            <Trans>ПРИНЯТЬ</Trans>
          </Button>
        )}
      </Stack>
    </form>
  );
}
