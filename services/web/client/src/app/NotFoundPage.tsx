/** Shown for an address that no page has; it stands outside the frame, so it brings its own landmark. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Text } from "@mantine/core";
import { ButtonLink } from "../shared/ui/links";
import { PageTitle } from "../shared/ui/PageTitle";

export function NotFoundPage() {
  const { t } = useLingui();
  return (
    <Stack component="main" p="xl" align="flex-start">
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
