/** Shown when a page threw or its files could not be loaded, for instance after a new version was deployed. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { PageTitle } from "../shared/ui/PageTitle";

export function CrashPage() {
  const { t } = useLingui();
  return (
    <Stack p="md" align="flex-start">
      <PageTitle title={t`Страница не открылась`} />
      <Text>
        <Trans>Возможно, вышла новая версия кабинета или пропала связь. Обновите страницу.</Trans>
      </Text>
      <Button onClick={() => window.location.reload()}>
        <Trans>Обновить страницу</Trans>
      </Button>
    </Stack>
  );
}
