/** Staff without a second factor: right after the password one is set up, then the pages open. */
import "./account.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { renewSession, signOut } from "../../shared/api/session";
import { Refusal } from "../../shared/security/Refusal";
import { StepUpProvider } from "../../shared/security/StepUp";
import { EntrancePage } from "../../shared/ui/EntrancePage";
import { PageTitle } from "../../shared/ui/PageTitle";
import { QueryBlock } from "../../shared/ui/states";
import { AddFactor } from "./AddFactor";
import { useFactors, useRefreshAccount } from "./queries";

export function AddFactorPage() {
  const { t } = useLingui();
  // A call may refresh the session, the role comes with it, and the guard takes the recovery codes away unread.
  const factors = useFactors({ refetchOnWindowFocus: false, refetchOnReconnect: false });
  const refresh = useRefreshAccount();
  // The guard of this page leads on as soon as the session has its role.
  const goOn = useMutation({ mutationFn: renewSession });
  const leave = useMutation({ mutationFn: signOut });
  return (
    <EntrancePage>
      <PageTitle title={t`Подключите второй фактор`} />
      <Stack gap="md">
        <Text>
          <Trans>
            Сотрудники поставщика входят по паролю и второму подтверждению. Выберите способ: без него кабинет
            не откроется.
          </Trans>
        </Text>
        <StepUpProvider>
          <QueryBlock query={factors} height={120}>
            {({ items }) => (
              <AddFactor
                factors={items}
                onAdded={() => {
                  void refresh();
                  goOn.mutate();
                }}
              />
            )}
          </QueryBlock>
        </StepUpProvider>
        <Refusal error={goOn.error} />
        {goOn.error === null ? null : (
          <Button loading={goOn.isPending} onClick={() => goOn.mutate()}>
            <Trans>ПРОДОЛЖИТЬ</Trans>
          </Button>
        )}
        <Button variant="default" loading={leave.isPending} onClick={() => leave.mutate()}>
          <Trans>ВЫЙТИ</Trans>
        </Button>
      </Stack>
    </EntrancePage>
  );
}
