/** Shown for an address that no page has: alone with its own landmark, or inside the frame of the signed-in pages. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Text } from "@mantine/core";
import { ButtonLink } from "../shared/ui/links";
import { PageTitle } from "../shared/ui/PageTitle";

export function NotFoundPage() {
  return (
    <Stack component="main" p="xl">
      <NotFound />
    </Stack>
  );
}

export function NotFound() {
  const { t } = useLingui();
  return (
    <Stack align="flex-start">
      <PageTitle title={t`Страница не найдена`} />
      <Text>
        <Trans>Такой страницы нет. Возможно, ссылка устарела.</Trans>
      </Text>
      <ButtonLink to="/">
        <Trans>На главную</Trans>
      </ButtonLink>
    </Stack>
  );
}
